"""Masks of dropout, read off outputs: right ones pass whatever is drawn, and each way to be wrong is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from assay.attention.calls import checked
from assay.attention.dropout_masks import check_masks, masked
from assay.attention.inputs import Inputs
from assay.attention.reference import product, project, weigh
from assay.errors import WrongOutput
from assay.plugins.types import Step, Weights
from assay.records.semantics import Semantics
from assay.records.workload import Workload

DROPPING = Workload(
    level="core", batch=2, q_len=100, kv_len=100, q_heads=2, kv_heads=2, d_qk=32, d_v=32, d_model=64,
    semantics=Semantics(mask="causal", dropout=0.1),
)  # fmt: skip
Draw = Callable[[Tensor, float], Tensor]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def plain(weights: Tensor, keep: float) -> Tensor:
    return torch.rand(weights.shape) < keep


def attention(draw: Draw = plain, scale: Callable[[float], float] = lambda keep: 1 / keep) -> object:
    """An attention at every level whose weights are dropped as `draw` says."""

    def build(workload: Workload, weights: Weights | None) -> Step:
        class Attention:
            past: Tensor | None = None

            def prefill(self, past: Tensor) -> None:
                self.past = past

            def __call__(self, *inputs: Tensor) -> Tensor:
                given = Inputs(tensors=inputs, past=self.past)
                q, k, v = project(workload, given, weights)
                shares = weigh(workload, q, k, torch.arange(workload.q_len), given.lengths)
                keep = 1 - workload.semantics.dropout
                context = product(shares * draw(shares, keep) * scale(keep), v)
                if weights is None:
                    return context
                joined = context.transpose(1, 2).flatten(-2)
                return joined if weights.wo is None else product(joined, weights.wo)

        return Attention()

    return build


def check(build: object, workload: Workload = DROPPING, seed: int = 0) -> None:
    small = masked(workload)
    assert small is not None
    check_masks(checked(build), small, seed)  # type: ignore[arg-type]


def shared(axis: int) -> Draw:
    def draw(weights: Tensor, keep: float) -> Tensor:
        shape = list(weights.shape)
        shape[axis] = 1
        return torch.rand(shape) < keep

    return draw


def shifted(axis: int) -> Draw:
    """Along an axis each mask is that of the place before, moved by one key."""

    def draw(weights: Tensor, keep: float) -> Tensor:
        kept = torch.rand(weights.shape) < keep
        for place in range(1, weights.shape[axis]):
            kept.select(axis, place).copy_(kept.select(axis, place - 1).roll(1, dims=-1))
        return kept

    return draw


def two_alike(weights: Tensor, keep: float) -> Tensor:
    """Only the first and the last query have the same mask."""
    kept = torch.rand(weights.shape) < keep
    kept[:, :, -1] = kept[:, :, 0]
    return kept


def in_turn() -> Draw:
    """The same masks come again after 40 calls."""
    calls: list[int] = []

    def draw(weights: Tensor, keep: float) -> Tensor:
        calls.append(1)
        return torch.rand(weights.shape, generator=torch.Generator().manual_seed(len(calls) % 40)) < keep

    return draw


FULL = replace(DROPPING, semantics=Semantics(dropout=0.1))
WRONG: dict[str, tuple[object, Workload, str]] = {
    "one mask for all heads": (attention(shared(1)), DROPPING, "of different heads are not independent"),
    "one mask for the batch": (attention(shared(0)), DROPPING, "of different items of a batch are not independent"),
    "one mask for all queries": (attention(shared(2)), DROPPING, "of different queries are not independent"),
    "whole queries are dropped": (attention(shared(3)), FULL, "of different keys are not independent"),
    "heads a key apart": (attention(shifted(1)), FULL, "of different heads and keys are not independent"),
    "items a key apart": (attention(shifted(0)), FULL, "of different items of a batch and keys are not independent"),
    "two queries alike": (attention(two_alike), FULL, "of different queries are not independent"),
    "the same again after some calls": (attention(in_turn()), DROPPING, "of different calls are not independent"),
    "5 % too many": (attention(lambda w, keep: plain(w, 1 - 1.05 * (1 - keep))), DROPPING, r"0\.10\d\d of the weights"),
    "3 % too few": (attention(lambda w, keep: plain(w, 1 - 0.97 * (1 - keep))), DROPPING, r"0\.09\d\d of the weights"),
    "none": (attention(lambda w, keep: torch.ones_like(w)), DROPPING, r"0\.0000 of the weights are dropped"),
    "not scaled": (attention(scale=lambda keep: 1.0), DROPPING, "neither dropped nor scaled"),
    "scaled twice": (attention(scale=lambda keep: keep**-2), DROPPING, "neither dropped nor scaled"),
    "halved in place of dropped": (attention(lambda w, keep: 0.5 + 0.5 * plain(w, keep)), DROPPING, "neither dropped"),
}


@pytest.mark.long
@pytest.mark.parametrize(("build", "workload", "message"), WRONG.values(), ids=WRONG)
def test_what_no_dropout_gives_is_refused(build: object, workload: Workload, message: str) -> None:
    with pytest.raises(WrongOutput, match=message):
        check(build, workload)


@pytest.mark.long
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("label", ["full", "causal", "padding"])
def test_a_right_one_passes(label: str, share: float) -> None:
    semantics = replace(Semantics.parse(label), dropout=share)
    for seed in range(2):
        check(attention(), replace(DROPPING, semantics=semantics), seed)


@pytest.mark.long
@pytest.mark.parametrize("dtype", ["f32", "bf16", "f16"])
@pytest.mark.parametrize("level", ["core", "qkv", "module", "decode"])
def test_at_every_level_and_precision(level: str, dtype: str) -> None:
    workload = replace(DROPPING, level=level, dtype=dtype, q_len=1 if level == "decode" else 100)
    check(attention(), workload)
    with pytest.raises(WrongOutput, match="of different heads are not independent"):
        check(attention(shared(1)), workload)


@pytest.mark.long
@pytest.mark.parametrize(("d_v", "d_model"), [(8, 64), (128, 64), (16, 20)])
def test_where_values_are_narrow_or_the_output_is_some_masks_are_read(d_v: int, d_model: int) -> None:
    workload = replace(DROPPING, level="module", d_v=d_v, d_model=d_model)
    check(attention(), workload)
    with pytest.raises(WrongOutput, match="of the weights are dropped"):
        check(attention(lambda w, keep: plain(w, keep**2)), workload)


def test_of_a_gpu_the_share_may_be_off_by_a_step_of_8_bits() -> None:
    from assay.attention.dropout_masks import Masks

    kept = (torch.rand(256, 4, 2, 48, 48, generator=torch.Generator().manual_seed(0)) < 230 / 256).float()
    observed = torch.ones(4, 2, 48, 48, dtype=torch.bool)
    with pytest.raises(WrongOutput, match=r"0\.101\d of the weights are dropped, and 0.1 were asked for"):
        Masks(workload=FULL, kept=kept, observed=observed).check()
    Masks(workload=replace(FULL, device="cuda"), kept=kept, observed=observed).check()


def test_where_nothing_is_dropped_there_is_nothing_to_read() -> None:
    assert masked(replace(DROPPING, semantics=Semantics())) is None
    weightless = replace(DROPPING, semantics=Semantics(kind="weightless", dropout=0.1), q_heads=1, kv_heads=1)
    assert masked(weightless) is None
