"""Fourteen wrong attentions and what refuses each, and the right ones that pass everything."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from assay.attention.inputs import Inputs
from assay.attention.properties import ODD, check_properties, companion
from assay.attention.reference import attend
from assay.attention.support import Supports
from assay.errors import WrongOutput
from assay.measure.attention_subject import AttentionSubject
from assay.plugins.types import AttentionPlugin, Step, Weights
from assay.records.results import AttentionCase
from assay.records.semantics import Semantics
from assay.records.workload import Workload

CAUSAL = Workload.self_attention("core", batch=2, length=64, d_model=64, heads=4, semantics=Semantics(mask="causal"))
SINGLE = replace(CAUSAL, q_len=1, kv_len=1)  # its output is its value: only the memory can be wrong
PADDED = replace(CAUSAL, semantics=Semantics(mask="padding"))
BLOCK = 16
Build = Callable[[Workload, Weights | None], Step]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def plugin(build: Build, **known: object) -> AttentionPlugin:
    everything = Supports(
        levels=(), kinds=(), masks=(), biases=(), phases=(), grouped=True, rectangular=True, dropout=False
    )
    return AttentionPlugin(name="tried", summary="", build=build, unsupported=everything, **known)  # type: ignore[arg-type]


class Right:
    """The definition itself, at every level."""

    def __init__(self, workload: Workload, weights: Weights | None) -> None:
        self.workload, self.weights = workload, weights
        self.past: Tensor | None = None

    def prefill(self, past: Tensor) -> None:
        self.past = past

    def __call__(self, *inputs: Tensor) -> Tensor:
        return attend(self.workload, Inputs(tensors=inputs, past=self.past), self.weights)


def causal(
    *,
    scale: float = 1.0,
    diagonal: int = 1,
    lower: bool = False,
    masked: bool = True,
    keys: slice = slice(None),
    shares: Callable[[Tensor], Tensor] = lambda scores: torch.softmax(scores, dim=-1),
    finish: Callable[[Tensor], Tensor] = lambda context: context,
) -> Build:
    """A causal attention that is right, unless one of its parts is replaced."""

    def build(workload: Workload, weights: Weights | None) -> Step:
        def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            length = q.shape[-2]
            hidden = torch.ones(length, k.shape[-2], dtype=torch.bool)
            offset = k.shape[-2] - length
            hidden = hidden.tril(offset - 1) if lower else hidden.triu(diagonal + offset)
            scores = q @ k.mT * q.shape[-1] ** -0.5 * scale
            scores = scores.masked_fill(hidden, -torch.inf) if masked else scores
            if k.shape[-2] > BLOCK:
                scores, v = scores[..., keys], v[..., keys, :]
            return finish(shares(scores).nan_to_num() @ v)

        return step

    return build


def cached(workload: Workload, weights: Weights | None) -> Step:
    right, kept = causal()(workload, weights), []

    def step(*inputs: Tensor) -> Tensor:
        if not kept:
            kept.append(right(*inputs))
        return kept[0].clone()

    return step


def in_place(workload: Workload, weights: Weights | None) -> Step:
    right = causal()(workload, weights)
    return lambda q, k, v: right(q, k, v.add_(0.0).mul_(1.0000001))


def aliasing(workload: Workload, weights: Weights | None) -> Step:
    right = causal()(workload, weights)

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        kept, output = q.clone(), right(q, k, v)
        answer = q.view_as(q)
        answer.copy_(output)
        del kept
        return answer

    return step


def borrowing(workload: Workload, weights: Weights | None) -> Step:
    """The right output of a single position is its value, given back as it lies."""
    right = causal()(workload, weights)
    return lambda q, k, v: v if k.shape[-2] == 1 else right(q, k, v)


def remembering(workload: Workload, weights: Weights | None) -> Step:
    """Right for tensors that it has not seen; what it knows, it does not compute again."""
    return functools.lru_cache(causal()(workload, weights))


class Lazy(Tensor):
    """A tensor that could compute when it is looked at."""


def in_half(scores: Tensor) -> Tensor:
    return torch.softmax(scores.bfloat16(), dim=-1).float()


MUTANTS: dict[str, tuple[Build, str]] = {
    "wrong triangle": (causal(lower=True), "causality"),
    "off-by-one diagonal": (causal(diagonal=2), "causality"),
    "no scale": (causal(scale=4.0), "reference"),
    "scale twice": (causal(scale=0.25), "reference"),
    "swapped heads": (causal(finish=lambda context: context.roll(1, dims=1)), "reference"),
    "dropped last block": (causal(keys=slice(None, -BLOCK)), "reference"),
    "low-precision accumulation": (causal(shares=in_half), "ones"),
    "cached result of the last call": (cached, "repeat"),
    "in-place change": (in_place, "inputs"),
    "dropout left on": (
        causal(shares=lambda scores: torch.dropout(torch.softmax(scores, dim=-1), 0.1, train=True)),
        "repeat",
    ),
    "no mask": (causal(masked=False), "causality"),
    "remembered by tensor": (remembering, "afresh"),
    "computed when looked at": (causal(finish=lambda context: context.as_subclass(Lazy)), "output"),
    "output aliasing input": (borrowing, "memory"),
}


def check(build: Build, workload: Workload = CAUSAL, **known: object) -> AttentionSubject:
    subject = AttentionSubject(plugin(build, **known), AttentionCase(attention="tried", workload=workload), None)
    subject.check()
    return subject


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mutant_is_refused_by_a_named_check(mutant: str) -> None:
    build, name = MUTANTS[mutant]
    with pytest.raises(WrongOutput) as refusal:
        check(build, SINGLE if name == "memory" else CAUSAL)
    assert refusal.value.message.startswith(f"{name}: ")


@pytest.mark.long
def test_what_the_mutants_are_made_of_is_right() -> None:
    check(causal())


def test_an_output_in_the_memory_of_an_input_is_refused() -> None:
    with pytest.raises(WrongOutput, match=r"^inputs: "):
        check(aliasing)


SEMANTICS = (
    Semantics(),
    Semantics(mask="causal"),
    Semantics(mask="window", reach=5),
    Semantics(mask="prefix", reach=9),
    Semantics(mask="padding"),
    Semantics(mask="causal", bias="alibi"),
    Semantics(mask="causal", bias="rope"),
    Semantics(kind="weightless"),
    Semantics(kind="weightless", mask="causal"),
    Semantics(kind="linear", mask="causal"),
    Semantics(kind="linear"),
)


@pytest.mark.parametrize("level", ["core", "qkv", "module"])
@pytest.mark.parametrize("semantics", SEMANTICS, ids=lambda semantics: semantics.label)
def test_the_definition_has_every_property(level: str, semantics: Semantics) -> None:
    if semantics.kind == "weightless" and level != "core":
        pytest.skip("there is nothing to project")
    workload = replace(CAUSAL, level=level, semantics=semantics)
    if semantics.kind == "weightless":
        workload = replace(workload, q_heads=1, kv_heads=1, d_model=16)
    names = check_properties(plugin(Right), workload)
    assert {"repeat", "strided", "odd-heads"} <= set(names)
    assert ("unseen" in names) == (semantics.mask != "none")
    assert ("key-order" in names) == (semantics.mask == "none" and semantics.bias == "none")


@pytest.mark.parametrize("dtype", ["f32", "bf16", "f16"])
def test_half_precision_has_its_own_slack(dtype: str) -> None:
    check(Right, replace(CAUSAL, dtype=dtype))


def test_gradients_are_held_to_the_reference() -> None:
    verified = check(Right, replace(CAUSAL, phase="fwd_bwd")).verified
    assert verified is not None
    assert verified.gradient is not None
    assert 0 <= verified.gradient.step <= verified.gradient.allowed

    def detached(workload: Workload, weights: Weights | None) -> Step:
        right = Right(workload, weights)
        return lambda q, k, v: right(q, k, v) + 0 * k.sum() + (v - v.detach()).mean()

    with pytest.raises(WrongOutput, match=r"^reference: wrong gradient of v"):
        check(detached, replace(CAUSAL, phase="bwd"))


def test_a_step_of_level_decode_is_told_the_past() -> None:
    decode = replace(CAUSAL, level="decode", q_len=1)
    check(Right, decode)
    with pytest.raises(WrongOutput, match=r"^prefill: "):
        check(lambda workload, weights: lambda x: x, decode)


@pytest.mark.parametrize(("declared", "passes"), [("nan", True), ("unstated", True), ("zero", False)])
def test_queries_that_see_nothing_give_what_is_declared(declared: str, passes: bool) -> None:
    if passes:
        assert "empty-rows" in check_properties(plugin(Right, empty_rows=declared), CAUSAL)
    else:
        with pytest.raises(WrongOutput, match=r"^empty-rows: .*does not give zero"):
            check_properties(plugin(Right, empty_rows=declared), CAUSAL)


def test_memory_that_is_not_written_shows() -> None:
    def forgetful(workload: Workload, weights: Weights | None) -> Step:
        right = causal()(workload, weights)

        def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            output = torch.empty_like(q)
            output[..., :-1, :] = right(q, k, v)[..., :-1, :]
            return output

        return step

    with pytest.raises(WrongOutput):
        check(forgetful)


@pytest.mark.long
@pytest.mark.parametrize("dtype", ["f32", "bf16"])
def test_late_rows_are_held_to_their_own_size(dtype: str) -> None:
    """Row 0 of a causal output is a value, the last ones are means of many and small."""
    long = replace(CAUSAL, q_len=1024, kv_len=1024, batch=1, dtype=dtype)

    def half(workload: Workload, weights: Weights | None) -> Step:
        right = causal()(workload, weights)

        def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            output = right(q, k, v)
            if q.shape[-2] > 512:
                output[..., 512:, :] = 0.0
            return output

        return step

    check(causal(), long)
    with pytest.raises(WrongOutput, match=r"^reference: "):
        check(half, long)


@pytest.mark.parametrize("workload", [replace(CAUSAL, q_len=70), PADDED], ids=["empty rows", "padding"])
def test_what_is_not_looked_at_may_be_nan_in_timed_calls_too(workload: Workload) -> None:
    (operation,) = check(Right, workload).operations()
    with operation.context():
        operation.spot_check([operation.call()])


def test_a_step_that_skips_padding_has_right_gradients() -> None:
    def unpadding(workload: Workload, weights: Weights | None) -> Step:
        right = Right(workload, weights)

        def step(q: Tensor, k: Tensor, v: Tensor, lengths: Tensor) -> Tensor:
            valid = torch.arange(q.shape[-2]) < lengths[:, None]
            return torch.where(valid[:, None, :, None], right(q, k, v, lengths), 0.0)

        return step

    check(unpadding, replace(PADDED, phase="fwd_bwd"))


def test_a_decoding_step_that_moves_on_is_refused() -> None:
    class Appending(Right):
        def __call__(self, *inputs: Tensor) -> Tensor:
            output = super().__call__(*inputs)
            assert self.past is not None
            self.past = torch.cat([self.past[:, 1:], inputs[0]], dim=1)
            return output

    with pytest.raises(WrongOutput, match=r"^stays: "):
        check(Appending, replace(CAUSAL, level="decode", q_len=1, batch=1))


def test_a_companion_is_small_and_of_the_same_kind() -> None:
    long = replace(CAUSAL, q_len=4096, kv_len=4096, batch=8, semantics=Semantics(mask="window", reach=256, dropout=0.1))
    small = companion(long)
    assert (small.batch, small.semantics.mask, small.semantics.dropout) == (2, "window", 0.0)
    assert small.semantics.reach < small.kv_len <= 192
    assert companion(replace(CAUSAL, level="decode", q_len=1)).q_len == 1


def test_only_what_is_offered_is_tried() -> None:
    even = AttentionPlugin(
        name="even",
        summary="",
        build=causal(),
        unsupported=lambda workload: "odd" if workload.d_qk == ODD or workload.q_len != workload.kv_len else None,
    )
    names = check_properties(even, CAUSAL)
    assert {"odd-heads", "empty-rows"}.isdisjoint(names)
    assert {"length-one", "batch", "ones"} <= set(names)
