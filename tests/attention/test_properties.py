"""Wrong attentions and what refuses each, and the right ones that pass everything."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from assay.attention import companions as family
from assay.attention import properties
from assay.attention.calls import Candidate
from assay.attention.companions import LENGTH, check_kind, companions, main_companion
from assay.attention.fresh_values import FreshValues
from assay.attention.inputs import Inputs
from assay.attention.properties import BuiltStep, _key_order, build_step, check_properties
from assay.attention.reference import attend, looked_at
from assay.attention.support import Supports
from assay.attention.verification import Verification
from assay.errors import WrongOutput
from assay.plugins.types import AttentionPlugin, Step, Weights
from assay.records.results import Metrics
from assay.records.semantics import Semantics
from assay.records.workload import Workload

CAUSAL = Workload.self_attention("core", batch=2, length=64, d_model=64, heads=4, semantics=Semantics(mask="causal"))
PADDED = replace(CAUSAL, semantics=Semantics(mask="padding"))
BLOCK = 16
Build = Callable[[Workload, Weights | None], Step]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def plugin(build: Build, *, grouped: bool = False, **known: object) -> AttentionPlugin:
    everything = Supports(levels=(), kinds=(), masks=(), biases=(), phases=(), grouped=grouped, rectangular=True)
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
    known = functools.lru_cache(causal()(workload, weights))
    return lambda *inputs: known(*inputs).clone()


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
    "output aliasing input": (borrowing, "length-one"),
}


def verification_of(build: Build, workload: Workload = CAUSAL, **known: object) -> Verification:
    candidate = Candidate.of(plugin(build, **known))  # type: ignore[arg-type]
    return Verification(candidate=candidate, workload=workload, text=None, seed=0, held={})


def check(build: Build, workload: Workload = CAUSAL, **known: object) -> Metrics:
    return verification_of(build, workload, **known).admit()


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mutant_is_refused_by_a_named_check(mutant: str) -> None:
    build, name = MUTANTS[mutant]
    with pytest.raises(WrongOutput, match=f"^{name}: "):
        check(build)


@pytest.mark.long
def test_what_the_mutants_are_made_of_is_right() -> None:
    assert set(str(check(causal())["properties"]).split(", ")) == {
        *("repeat", "afresh", "unseen", "ones", "strided", "stress", "length-one", "odd-heads", "batch", "empty-rows"),
        *("lengths", "layouts"),
    }


def unrounded(q: Tensor, k: Tensor, v: Tensor, scores: Callable[[Tensor], Tensor] = lambda scores: scores) -> Tensor:
    """Attention without a mask."""
    return torch.softmax(scores(q @ k.mT * q.shape[-1] ** -0.5), dim=-1) @ v


def spoilt(spoil: Callable[..., Tensor], full: bool = False) -> Build:
    """A right attention whose output `spoil` changes; it is told the output, the workload and q, k and v."""

    def build(workload: Workload, weights: Weights | None) -> Step:
        right = causal(masked=workload.semantics.mask == "causal" and not full)(workload, weights)
        return lambda q, k, v: spoil(right(q, k, v), workload, q, k, v)

    return build


def as_contiguous(x: Tensor) -> Tensor:
    """What lies in memory where x begins, read as if x were contiguous."""
    return torch.as_strided(x, x.shape, torch.empty(x.shape).stride(), x.storage_offset())


def reading_raw(workload: Workload, weights: Weights | None) -> Step:
    right = causal()(workload, weights)
    return lambda q, k, v: right(*(as_contiguous(x) for x in (q, k, v)))


def with_strides_of_q(workload: Workload, weights: Weights | None) -> Step:
    right = causal()(workload, weights)

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if q.shape == k.shape == v.shape:
            k, v = (torch.as_strided(x, q.shape, q.stride(), x.storage_offset()) for x in (k, v))
        return right(q, k, v)

    return step


def without_maximum(scores: Tensor) -> Tensor:
    raw = scores.exp()
    return raw / raw.sum(dim=-1, keepdim=True)


def with_a_sink(scores: Tensor) -> Tensor:
    largest = scores.amax(dim=-1, keepdim=True)
    raw = (scores - largest).exp()
    return raw / (raw.sum(dim=-1, keepdim=True) + 1e-5)


def zeros_from(output: Tensor, column: int) -> Tensor:
    return torch.cat([output[..., :column], torch.zeros_like(output[..., column:])], dim=-1)


def turned_late(output: Tensor, q: Tensor, k: Tensor) -> Tensor:
    """Rows in another order where there are more queries than keys: as a mask that is aligned elsewhere gives."""
    return torch.cat([output[..., :2, :], output[..., 2:, :].flip(-2)], dim=-2) if q.shape[-2] > k.shape[-2] else output


FULL = replace(CAUSAL, semantics=Semantics())
# One wrong attention for each named check, which nothing else refuses.
ONLY: dict[str, tuple[Build, Workload]] = {
    "strided": (reading_raw, CAUSAL),
    "layouts": (with_strides_of_q, CAUSAL),
    "key-order": (
        lambda workload, weights: lambda q, k, v: unrounded(q, k, v, lambda s: s + 1e-6 * torch.arange(k.shape[-2])),
        FULL,
    ),
    "ones": (causal(shares=with_a_sink), CAUSAL),
    "stress": (causal(shares=without_maximum), CAUSAL),
    "odd-heads": (spoilt(lambda output, w, q, k, v: zeros_from(output, w.d_v // 4 * 4)), CAUSAL),
    "length-one": (spoilt(lambda output, w, q, k, v: output + (k.shape[-2] == 1)), CAUSAL),
    "batch": (spoilt(lambda output, w, q, k, v: output * (w.batch > 1)), CAUSAL),
    "empty-rows": (spoilt(lambda output, w, q, k, v: turned_late(output, q, k)), CAUSAL),
    "lengths": (spoilt(lambda output, w, q, k, v: output * (w.kv_len % 2 == 1 or w.kv_len == 64)), CAUSAL),
}


@pytest.mark.parametrize("name", ONLY)
def test_each_named_check_refuses_what_nothing_else_does(name: str) -> None:
    build, workload = ONLY[name]
    with pytest.raises(WrongOutput, match=f"^{name}: "):
        check(build, workload)


@pytest.mark.parametrize("name", sorted(ONLY.keys() - {"key-order", "ones"}))
def test_without_that_check_it_passes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it is this check which refuses it; companions find once more what is wrong of layouts and batches."""

    def empty(*given: object, **named: object) -> bool:
        return True

    places = {"batch": "_batch", "empty-rows": "_empty_rows", "odd-heads": "_solves", "length-one": "_solves"}
    if name in places:
        monkeypatch.setattr(family, places[name], empty)
    if name == "stress":
        monkeypatch.setattr(properties, "_stress", empty)
    if name == "strided":
        monkeypatch.setattr(properties, "CHECKS", {**properties.CHECKS, name: empty})
    if name in ("batch", "layouts", "lengths", "stress", "strided"):
        monkeypatch.setattr(family, "check_companion", empty)
    build, workload = ONLY[name]
    assert check_kind(Candidate.of(plugin(build)), workload)


def test_an_output_in_the_memory_of_an_input_is_refused() -> None:
    with pytest.raises(WrongOutput, match=r"^inputs: "):
        check(aliasing)


class TestSlack:
    """How far two outputs may lie apart that should be one: errors just under the limit pass, just over it do not."""

    @staticmethod
    def off(built: BuiltStep, share: float, *, row: int = 5, largest: float = 4.0, units: float = 16.0) -> None:
        """Hold an output whose row is off by a share of the limit; 4 is the largest number of all."""
        wanted = torch.zeros_like(built.output)
        wanted[..., 0], wanted[..., row, 0] = 4.0, largest
        found = wanted.clone()
        eps = torch.finfo(wanted.dtype).eps
        found[..., row, 1] += share * units * eps * max(largest, 0.05 * 4.0)
        built.hold("mine", found, wanted, "it is asked again")

    @pytest.mark.parametrize("largest", [4.0, 1.0, 0.25, 0.1, 0.0])
    @pytest.mark.parametrize("dtype", ["f32", "bf16", "f16"])
    def test_sixteen_units_of_the_largest_of_the_row_or_of_a_twentieth_of_all(self, dtype: str, largest: float) -> None:
        built = build_step(Candidate.of(plugin(Right)), replace(CAUSAL, dtype=dtype), 0)
        self.off(built, 0.98, largest=largest)
        with pytest.raises(WrongOutput, match=r"^mine: it is asked again, and the output differs by "):
            self.off(built, 1.02, largest=largest)

    def test_keys_in_another_order_may_differ_by_the_rounding_of_summands_that_cancel(self) -> None:
        """With 250 keys and a width of 8, 16 units of a row are now and then less than one of its summands."""
        workload = Workload.self_attention("core", batch=8, length=250, d_model=16, heads=2)
        for seed in range(60):
            built = build_step(Candidate.of(plugin(Right)), workload, seed)
            assert _key_order(built)

    def test_of_an_approximation_a_quarter(self) -> None:
        built = build_step(Candidate.of(plugin(Right, approximate="all")), CAUSAL, 0)
        quarter = 0.25 / torch.finfo(torch.float32).eps
        self.off(built, 0.98, units=quarter)
        with pytest.raises(WrongOutput, match=r"^mine: "):
            self.off(built, 1.02, units=quarter)

    def test_what_is_not_looked_at_may_differ_and_gradients_may_not(self) -> None:
        built = build_step(Candidate.of(plugin(Right)), replace(PADDED, phase="fwd_bwd"), 0)
        assert built.inputs.lengths is not None
        place = int(built.inputs.lengths[0])
        assert place < PADDED.q_len
        for number in range(4):
            spoilt = [tensor.clone() for tensor in built.found]
            spoilt[number][0, :, place] += 1.0
            if number:
                with pytest.raises(WrongOutput, match=r"^mine: "):
                    built.hold_all("mine", tuple(spoilt), built.found, "it is asked again")
            else:
                built.hold_all("mine", tuple(spoilt), built.found, "it is asked again")


LEAKS = {
    "the first query sees the last key": (Semantics(mask="causal"), 0, -1, "causality: query 0"),
    "one in the middle sees the key after it": (Semantics(mask="causal"), 95, 96, "causality: query 95"),
    "the last sees the first beyond its window": (Semantics(mask="window", reach=5), 190, 185, "window: query 190"),
    "one in the middle sees its future": (Semantics(mask="window", reach=5), 95, 96, "window: query 95"),
    "one sees beyond the prefix": (Semantics(mask="prefix", reach=9), 95, 96, "prefix: query 95"),
    "the first sees beyond the prefix": (Semantics(mask="prefix", reach=9), 0, 30, "prefix: query 0"),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_single_query_that_sees_one_key_too_many_is_named(leak: str) -> None:
    semantics, row, key, message = LEAKS[leak]

    def leaking(workload: Workload, weights: Weights | None) -> Step:
        right = Right(workload, weights)

        def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            output = right(q, k, v)
            if q.shape[-2] == LENGTH:
                output[..., row, :] += 1e-4 * v[..., key, :]
            return output

        return step

    with pytest.raises(WrongOutput, match=f"^{message} changes by .* with keys that it must not see"):
        check(leaking, replace(CAUSAL, semantics=semantics, q_len=256, kv_len=256), grouped=True)


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


@pytest.mark.long
@pytest.mark.parametrize("level", ["core", "qkv", "module"])
@pytest.mark.parametrize("semantics", SEMANTICS, ids=lambda semantics: semantics.label)
def test_the_definition_has_every_property(level: str, semantics: Semantics) -> None:
    if semantics.kind == "weightless" and level != "core":
        pytest.skip("there is nothing to project")
    workload = replace(CAUSAL, level=level, semantics=semantics)
    if semantics.kind == "weightless":
        workload = replace(workload, q_heads=1, kv_heads=1, d_model=16)
    names = check_kind(Candidate.of(plugin(Right, grouped=True)), workload)
    assert {"repeat", "strided", "odd-heads", "stress", "lengths", "layouts"} <= set(names)
    assert ("unseen" in names) == (semantics.mask != "none")
    assert ("key-order" in names) == (semantics.mask == "none" and semantics.bias == "none")


@pytest.mark.long
@pytest.mark.parametrize("dtype", ["f32", "bf16", "f16"])
@pytest.mark.parametrize("phase", ["fwd", "bwd", "fwd_bwd"])
def test_every_precision_has_its_own_slack(dtype: str, phase: str) -> None:
    check(Right, replace(CAUSAL, dtype=dtype, phase=phase), grouped=True)


def test_gradients_are_held_to_the_reference() -> None:
    figures = check(Right, replace(CAUSAL, phase="fwd_bwd"), grouped=True)
    assert 0 < figures["gradient_error"] == figures["naive_gradient_error"]
    assert "gradient_error" not in check(Right, grouped=True)

    def detached(workload: Workload, weights: Weights | None) -> Step:
        right = Right(workload, weights)
        return lambda q, k, v: right(q, k, v) + 0 * k.sum() + (v - v.detach()).mean()

    with pytest.raises(WrongOutput, match=r"^reference: wrong gradient of v"):
        check(detached, replace(CAUSAL, phase="bwd"))


class Spoiling(torch.autograd.Function):
    """Gives q, k and v on, and spoils what comes back to them."""

    @staticmethod
    def forward(ctx: Any, spoil: Callable[..., tuple[Tensor, ...]], *inputs: Tensor) -> tuple[Tensor, ...]:
        ctx.spoil = spoil
        return tuple(tensor.clone() for tensor in inputs)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return (None, *ctx.spoil(*gradients))


def with_gradients(spoil: Callable[..., tuple[Tensor, ...]]) -> Build:
    def build(workload: Workload, weights: Weights | None) -> Step:
        right = Right(workload, weights)
        return lambda *inputs: right(*Spoiling.apply(spoil, *inputs))

    return build


def small_ones_gone(gradient: Tensor) -> Tensor:
    """Zeros where a row is below the median of all rows."""
    size = gradient.abs().amax(dim=-1, keepdim=True)
    return torch.where(size < size.median(), torch.zeros_like(gradient), gradient)


def tail_gone(gradient: Tensor) -> Tensor:
    whole = gradient.shape[-2] // 64 * 64
    return (
        torch.cat([gradient[..., :whole, :], torch.zeros_like(gradient[..., whole:, :])], dim=-2) if whole else gradient
    )


GRADIENTS = {
    "q small": (lambda q, k, v: (small_ones_gone(q), k, v), "gradient of q"),
    "k small": (lambda q, k, v: (q, small_ones_gone(k), v), "gradient of k"),
    "v small": (lambda q, k, v: (q, k, small_ones_gone(v)), "gradient of v"),
    "q scaled": (lambda q, k, v: (0.97 * q, k, v), "gradient of q"),
    "k scaled": (lambda q, k, v: (q, 0.97 * k, v), "gradient of k"),
    "k tail": (lambda q, k, v: (q, tail_gone(k), v), "gradient of k"),
    "v tail": (lambda q, k, v: (q, k, tail_gone(v)), "gradient of v"),
    "heads": (lambda q, k, v: (q.flip(1), k, v), "gradient of q"),
}


@pytest.mark.long
@pytest.mark.parametrize("dtype", ["f32", "bf16", "f16"])
@pytest.mark.parametrize("name", GRADIENTS)
def test_a_wrong_gradient_is_refused(name: str, dtype: str) -> None:
    """Also where it is small beside the others, in half precision."""
    spoil, which = GRADIENTS[name]
    with pytest.raises(WrongOutput, match=f"^reference: wrong {which}"):
        check(with_gradients(spoil), replace(CAUSAL, dtype=dtype, phase="bwd"))


def test_what_gradients_are_spoilt_with_is_right() -> None:
    check(with_gradients(lambda *gradients: gradients), replace(CAUSAL, phase="bwd"))


def test_a_step_of_level_decode_is_told_the_past() -> None:
    decode = replace(CAUSAL, level="decode", q_len=1)
    check(Right, decode, grouped=True)
    with pytest.raises(WrongOutput, match=r"^prefill: "):
        check(lambda workload, weights: lambda x: x, decode)


@pytest.mark.parametrize(("declared", "passes"), [("nan", True), ("unstated", True), ("zero", False)])
def test_queries_that_see_nothing_give_what_is_declared(declared: str, passes: bool) -> None:
    candidate = Candidate.of(plugin(Right, empty_rows=declared, grouped=True))
    if passes:
        assert "empty-rows" in check_kind(candidate, CAUSAL)
    else:
        with pytest.raises(WrongOutput, match=r"^empty-rows: .*does not give zero"):
            check_kind(candidate, CAUSAL)


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
    verification = verification_of(Right, workload, grouped=True)
    verification.admit_again()
    values, timed = verification.timed_inputs(0), verification.timed_inputs(0)
    fresh = FreshValues(workload, values.inputs, None, timed.seed)
    fresh.at(5, 3, 1)
    found = attend(workload, values.inputs, None)
    unseen = ~looked_at(workload, torch.arange(workload.q_len), values.inputs.lengths)
    assert unseen.any()
    verification.check_answer((torch.where(unseen[:, None, :, None], torch.nan, found),), 5, 3, 1)
    with pytest.raises(WrongOutput, match=r"^timed: .*nan"):
        verification.check_answer((torch.where(unseen[:, None, :, None], found, torch.nan),), 5, 3, 1)


def test_a_step_that_skips_padding_has_right_gradients() -> None:
    def unpadding(workload: Workload, weights: Weights | None) -> Step:
        right = Right(workload, weights)

        def step(q: Tensor, k: Tensor, v: Tensor, lengths: Tensor) -> Tensor:
            valid = torch.arange(q.shape[-2]) < lengths[:, None]
            return torch.where(valid[:, None, :, None], right(q, k, v, lengths), 0.0)

        return step

    check(unpadding, replace(PADDED, phase="fwd_bwd"))


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("phase", ["fwd", "fwd_bwd"])
def test_padded_lengths_that_are_built_in_are_refused(batch: int, phase: str) -> None:
    def baked(workload: Workload, weights: Weights | None) -> Step:
        right, lengths = Right(workload, weights), torch.tensor(workload.lengths)
        return lambda q, k, v, _: right(q, k, v, lengths)

    with pytest.raises(WrongOutput, match=r"^padding: query "):
        check(baked, replace(PADDED, batch=batch, phase=phase))


def test_a_decoding_step_that_moves_on_is_refused() -> None:
    class Appending(Right):
        def __call__(self, *inputs: Tensor) -> Tensor:
            output = super().__call__(*inputs)
            assert self.past is not None
            self.past = torch.cat([self.past[:, 1:], inputs[0]], dim=1)
            return output

    with pytest.raises(WrongOutput, match=r"^stays: "):
        check(Appending, replace(CAUSAL, level="decode", q_len=1, batch=1))


def test_a_decoding_step_whose_past_has_an_order_is_refused() -> None:
    class Ordered(Right):
        def prefill(self, past: Tensor) -> None:
            super().prefill(past + 1e-4 * torch.arange(past.shape[1])[:, None])

    with pytest.raises(WrongOutput, match=r"^key-order: "):
        check(Ordered, replace(FULL, level="decode", q_len=1))


class TestCompanions:
    LONG = replace(CAUSAL, q_len=4096, kv_len=4096, batch=8, semantics=Semantics(mask="window", reach=256, dropout=0.1))

    @staticmethod
    def candidate(unsupported: Callable[[Workload], str | None] = lambda workload: None) -> Candidate:
        return Candidate.of(AttentionPlugin(name="a", summary="", build=Right, unsupported=unsupported))

    def test_the_main_one_is_small_and_of_the_same_kind(self) -> None:
        small = main_companion(self.candidate(), self.LONG)
        assert small is not None
        assert (small.batch, small.semantics.mask, small.semantics.dropout) == (2, "window", 0.0)
        assert (small.q_heads, small.kv_heads, small.d_qk, small.kv_len) == (2, 2, 16, LENGTH)
        assert 0 < small.semantics.reach < small.kv_len
        decode = main_companion(self.candidate(), replace(CAUSAL, level="decode", q_len=1))
        assert decode is not None
        assert (decode.q_len, decode.kv_len) == (1, LENGTH)

    @pytest.mark.parametrize("phase", ["fwd", "bwd"])
    def test_others_have_lengths_that_no_block_divides(self, phase: str) -> None:
        small = main_companion(self.candidate(), replace(CAUSAL, phase=phase))
        assert small is not None
        found = [companion.workload for companion in companions(self.candidate(), small, 0)]
        assert [workload.kv_len for workload in found][:2] == [77, 250]
        assert all(workload.kv_len % 64 for workload in (small, *found))
        assert 257 <= found[2].kv_len <= 383
        assert found[2].q_len < found[2].kv_len
        assert found[0].d_qk == found[0].d_v == 80
        assert (found[1].q_heads, found[1].kv_heads) == (4, 2)
        assert {workload.phase for workload in found} == {phase}
        layouts = [companion.layout for companion in companions(self.candidate(), small, 0)]
        assert len(set(layouts)) == len(layouts)

    def test_a_length_is_drawn_for_each_run(self) -> None:
        small = main_companion(self.candidate(), CAUSAL)
        assert small is not None
        drawn = {list(companions(self.candidate(), small, seed))[-1].workload.kv_len for seed in range(20)}
        assert len(drawn) > 10
        again = [list(companions(self.candidate(), small, 7))[-1] for _ in range(2)]
        assert again[0] == again[1]

    def test_what_is_not_offered_is_not_asked(self) -> None:
        asked: list[Workload] = []

        def build(workload: Workload, weights: Weights | None) -> Step:
            asked.append(workload)
            return Right(workload, weights)

        def blocks(workload: Workload) -> str | None:
            return None if workload.kv_len == workload.q_len and workload.kv_len % 64 == 0 else "only blocks of 64"

        even = AttentionPlugin(name="even", summary="", build=build, unsupported=blocks)
        names = check_kind(Candidate.of(even), CAUSAL)
        assert {workload.kv_len for workload in asked} == {64}
        assert {"repeat", "odd-heads", "stress", "batch"} <= set(names)
        assert {"length-one", "empty-rows", "lengths", "layouts"}.isdisjoint(names)
        nothing = AttentionPlugin(name="no", summary="", build=build, unsupported=lambda workload: "nothing")
        assert check_kind(Candidate.of(nothing), CAUSAL) == ()

    def test_one_that_compiles_is_built_for_one_companion(self) -> None:
        asked: list[Workload] = []

        def build(workload: Workload, weights: Weights | None) -> Step:
            asked.append(workload)
            return Right(workload, weights)

        compiled = AttentionPlugin(name="c", summary="", build=build, unsupported=lambda workload: None, compiles=True)
        Verification(candidate=Candidate.of(compiled), workload=CAUSAL, text=None, seed=0, held={}).admit()
        assert [workload.kv_len for workload in asked] == [64, LENGTH]

    def test_what_a_plugin_raises_for_a_companion_says_which(self) -> None:
        def narrow(workload: Workload, weights: Weights | None) -> Step:
            if workload.d_qk == 80:
                raise ValueError("too wide")
            return Right(workload, weights)

        with pytest.raises(ValueError, match="too wide") as raised:
            check(narrow)
        assert raised.value.__notes__ == ["asked for core/fwd/causal/b1.h3.s77.d80/f32/cpu.t1"]

    def test_two_runs_try_other_values(self) -> None:
        candidate = self.candidate()
        first, second = (build_step(candidate, CAUSAL, seed) for seed in (1, 2))
        assert not torch.equal(first.inputs.tensors[0], second.inputs.tensors[0])
        assert check_properties(first) == check_properties(second)


def in_int8(x: Tensor) -> Tensor:
    size = x.float().abs().amax(dim=-1, keepdim=True).clamp_min(1e-9) / 127
    return ((x.float() / size).round() * size).to(x.dtype)


class TestApproximate:
    @staticmethod
    def quantised(workload: Workload, weights: Weights | None) -> Step:
        right = Right(workload, weights)
        return lambda q, k, v: right(in_int8(q), in_int8(k), in_int8(v))

    @pytest.mark.parametrize("dtype", ["f32", "bf16", "f16"])
    def test_int8_is_refused_unless_it_is_announced(self, dtype: str) -> None:
        workload = replace(CAUSAL, q_len=256, kv_len=256, dtype=dtype)
        with pytest.raises(WrongOutput, match=r"^(reference|stress): "):
            check(self.quantised, workload, grouped=True)
        figures = check(self.quantised, workload, grouped=True, approximate="int8 queries, keys and values")
        assert figures["error"] > figures["naive_error"]

    @pytest.mark.parametrize(
        "mutant", ["wrong triangle", "no scale", "swapped heads", "cached result of the last call"]
    )
    def test_an_approximation_is_not_anything(self, mutant: str) -> None:
        with pytest.raises(WrongOutput, match=rf"^{MUTANTS[mutant][1]}: "):
            check(MUTANTS[mutant][0], approximate="everything")
