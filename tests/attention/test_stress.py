"""Inputs that are hard: what they are, that right attentions pass on them, and what they show."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from assay.attention.calls import checked
from assay.attention.inputs import Inputs, make_inputs, make_weights
from assay.attention.oracle import STRESSED, make_problem
from assay.attention.reference import attend, visible
from assay.attention.stress import stressed
from assay.errors import WrongOutput
from assay.plugins.types import Step, Weights
from assay.records.semantics import Semantics
from assay.records.workload import Workload

CAUSAL = Workload(
    level="core", batch=2, q_len=191, kv_len=191, q_heads=2, kv_heads=2, d_qk=64, d_v=64, d_model=128,
    semantics=Semantics(mask="causal"),
)  # fmt: skip
DTYPES = ["f32", "bf16", "f16"]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def hard(workload: Workload, seed: int = 0) -> Inputs:
    return stressed(workload, make_inputs(workload, None, STRESSED, seed), seed)


def solve(build: Callable[[Workload, Weights | None], Step], workload: Workload, seed: int = 0) -> None:
    weights = make_weights(workload)
    problem = make_problem(workload, weights, hard(workload, seed), STRESSED, seed=seed, ordinary=False)
    problem.solve(checked(build)(workload, weights))


def attention(
    *,
    scores_to: Callable[[Tensor], Tensor] = lambda scores: scores,
    fill: float = -math.inf,
    weights_of: Callable[[Tensor], Tensor] = lambda scores: torch.softmax(scores, dim=-1),
    values_to: Callable[[Tensor], Tensor] = lambda v: v,
) -> Callable[[Workload, Weights | None], Step]:
    """A right attention, in float32 inside, unless one of its parts is replaced."""

    def build(workload: Workload, weights: Weights | None) -> Step:
        seen = visible(workload, torch.arange(workload.q_len))

        def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            scores = scores_to(q.float() @ k.float().mT * workload.d_qk**-0.5).masked_fill(~seen, fill)
            return (weights_of(scores) @ values_to(v.float())).to(q.dtype)

        return step

    return build


def without_maximum(scores: Tensor) -> Tensor:
    raw = scores.exp()
    return raw / raw.sum(dim=-1, keepdim=True)


FAULTS = {
    "no maximum is subtracted": attention(weights_of=without_maximum),
    "soft cap of 30": attention(scores_to=lambda scores: 30 * (scores / 30).tanh()),
    "soft cap of 50": attention(scores_to=lambda scores: 50 * (scores / 50).tanh()),
    "scores clamped to 8": attention(scores_to=lambda scores: scores.clamp(-8, 8)),
    "scores clamped to 60": attention(scores_to=lambda scores: scores.clamp(-60, 60)),
    "hidden by -10": attention(fill=-10.0),
    "hidden by -50": attention(fill=-50.0),
    "hidden by -1000": attention(fill=-1000.0),
    "values clamped": attention(values_to=lambda v: v.clamp(-100, 100)),
}


class TestFaults:
    @pytest.mark.long
    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("name", FAULTS)
    def test_what_does_not_show_on_small_scores_shows_here(self, name: str, dtype: str) -> None:
        for seed in range(1 if dtype == "f16" else 2):
            with pytest.raises(WrongOutput, match=r"^reference: wrong output"):
                solve(FAULTS[name], replace(CAUSAL, dtype=dtype), seed)

    @pytest.mark.parametrize("name", ["no maximum is subtracted", "hidden by -50", "scores clamped to 60"])
    def test_it_did_not_show_on_small_scores(self, name: str) -> None:
        problem = make_problem(CAUSAL, None, make_inputs(CAUSAL, None, STRESSED, 0), STRESSED, seed=0)
        problem.solve(checked(FAULTS[name])(CAUSAL, None))

    def test_sums_of_values_that_float16_cannot_hold_show(self) -> None:
        """The weights are divided by their sum at the end, and what comes before is held in float16."""

        def late(scores: Tensor) -> Tensor:
            return (scores - scores.amax(dim=-1, keepdim=True)).exp()

        def build(workload: Workload, weights: Weights | None) -> Step:
            def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
                seen = visible(workload, torch.arange(workload.q_len))
                raw = late((q.float() @ k.float().mT * 0.125).masked_fill(~seen, -math.inf))
                return ((raw @ v.float()).half().float() / raw.sum(dim=-1, keepdim=True)).half()

            return step

        with pytest.raises(WrongOutput, match=r"(nan|inf) instead of"):
            solve(build, replace(CAUSAL, dtype="f16"))


class TestRight:
    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("seed", range(5))
    def test_float32_inside_passes(self, seed: int, dtype: str) -> None:
        solve(attention(), replace(CAUSAL, dtype=dtype), seed)

    @pytest.mark.long
    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("phase", ["fwd", "bwd"])
    @pytest.mark.parametrize(
        "label",
        ["full", "causal", "window9", "prefix9", "padding", "causal+alibi", "causal+rope", "weightless", "linear"],
    )
    def test_the_definition_passes_with_every_mask_and_bias(self, label: str, phase: str, dtype: str) -> None:
        def build(workload: Workload, weights: Weights | None) -> Step:
            return lambda *inputs: attend(workload, Inputs(tensors=inputs), weights)

        workload = replace(CAUSAL, semantics=Semantics.parse(label), dtype=dtype, phase=phase)
        if workload.semantics.kind == "weightless":
            workload = replace(workload, q_heads=1, kv_heads=1)
        solve(build, workload)

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("level", ["qkv", "module"])
    def test_projections_pass(self, level: str, dtype: str) -> None:
        def build(workload: Workload, weights: Weights | None) -> Step:
            return lambda x: attend(workload, Inputs(tensors=(x,)), weights)

        solve(build, replace(CAUSAL, level=level, dtype=dtype))


class TestInputs:
    def scores(self, workload: Workload, seed: int = 0) -> Tensor:
        q, k = (tensor.double() for tensor in hard(workload, seed).tensors[:2])
        return q @ k.mT * workload.d_qk**-0.5

    def test_some_scores_are_more_than_float32_can_hold_the_exponential_of(self) -> None:
        assert self.scores(CAUSAL).max() > 89

    def test_some_queries_have_all_scores_far_below_zero_and_alike(self) -> None:
        scores = self.scores(CAUSAL)
        low = scores.amax(dim=-1) < -1000
        assert 0.1 < low.double().mean() < 0.4
        assert (scores.amax(dim=-1) - scores.amin(dim=-1))[low].max() == 0

    def test_some_queries_have_one_key_that_outweighs_all_others(self) -> None:
        seen = visible(CAUSAL, torch.arange(CAUSAL.q_len))
        best = self.scores(CAUSAL).masked_fill(~seen, -torch.inf).topk(2, dim=-1).values
        assert ((best[..., 0] - best[..., 1])[..., 2:] > 12).double().mean() > 0.1

    def test_values_of_half_the_heads_are_large(self) -> None:
        values = hard(CAUSAL).tensors[2].flatten(2).mean(dim=-1)
        assert ((values > 400) == (values.abs() > 1)).all()
        assert (values > 400).sum() == 2

    def test_everything_is_finite_in_float16_also_for_gradients(self) -> None:
        for phase in ("fwd", "bwd"):
            workload = replace(CAUSAL, dtype="f16", phase=phase)
            problem = make_problem(workload, None, hard(workload), STRESSED, seed=0)
            assert all(found.isfinite().all() for found in problem.expected(lambda tensor: tensor))

    def test_they_follow_the_seed(self) -> None:
        first, again, other = (hard(CAUSAL, seed).tensors[0] for seed in (1, 1, 2))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)
