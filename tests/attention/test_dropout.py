"""Dropout by its outputs: what is just within the bounds of chance passes, what is just beyond does not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from assay.attention.dropout import DRAWS, check_likeness, verify_dropout
from assay.attention.inputs import make_inputs
from assay.attention.reference import attend, project, weigh
from assay.errors import WrongOutput
from assay.records.semantics import Semantics
from assay.records.workload import Workload

SHARE = 0.1
WORKLOAD = Workload.self_attention(
    "core", batch=2, length=24, d_model=16, heads=2, semantics=Semantics(mask="causal", dropout=SHARE)
)
INPUTS = make_inputs(WORKLOAD, None, 0, 0)
REFERENCE = attend(replace(WORKLOAD, semantics=Semantics(mask="causal")), INPUTS.map(Tensor.double), None)


def deviation() -> Tensor:
    """The standard deviation of each number of the output: each weight w of a value v adds p / (1 - p) (w v)²."""
    q, k, v = project(WORKLOAD, INPUTS.map(Tensor.double), None)
    weights = weigh(WORKLOAD, q, k, torch.arange(WORKLOAD.q_len))
    return (SHARE / (1.0 - SHARE) * (weights.square() @ v.square())).sqrt()


def normal(*, variance: float = 1.0, bias: float = 0.0) -> Callable[[], Tensor]:
    """Calls whose outputs are normal around the reference: so many times the variance, off by so many errors."""
    size, generator = deviation(), torch.Generator().manual_seed(1)
    middle = REFERENCE + bias * size * math.sqrt(variance / DRAWS)

    def call() -> Tensor:
        noise = torch.randn(size.shape, generator=generator, dtype=torch.float64)
        return (middle + math.sqrt(variance) * size * noise).float()

    return call


@pytest.mark.parametrize("variance", [0.78, 1.0, 1.29])
def test_a_variance_within_a_third_passes(variance: float) -> None:
    verify_dropout(normal(variance=variance), WORKLOAD, INPUTS, None)


@pytest.mark.parametrize(("variance", "told"), [(0.72, r"0\.7\d"), (1.37, r"1\.3\d")])
def test_a_variance_beyond_a_third_is_refused(variance: float, told: str) -> None:
    with pytest.raises(WrongOutput, match=rf"^dropout: .*{told} times as much"):
        verify_dropout(normal(variance=variance), WORKLOAD, INPUTS, None)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_mean_may_be_off_by_two_standard_errors(sign: float) -> None:
    verify_dropout(normal(bias=sign * 1.85), WORKLOAD, INPUTS, None)
    with pytest.raises(WrongOutput, match=r"^dropout: the mean output is not the output without"):
        verify_dropout(normal(bias=sign * 2.15), WORKLOAD, INPUTS, None)


def test_one_output_again_and_again_is_refused() -> None:
    with pytest.raises(WrongOutput, match=r"^dropout: calls all give the same output: nothing is dropped"):
        verify_dropout(lambda: REFERENCE.float(), WORKLOAD, INPUTS, None)


class TestLikeness:
    LIMIT = 0.5 * math.sqrt(1.0 - SHARE)

    @staticmethod
    def alike(share: float) -> Tensor:
        """An output that correlates with the reference by this share."""
        noise = torch.randn(REFERENCE.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        along = REFERENCE / REFERENCE.norm()
        across = noise - (noise * along).sum() * along
        return share * along + math.sqrt(1.0 - share**2) * across / across.norm()

    def test_half_of_what_dropping_leaves_is_asked_for(self) -> None:
        check_likeness(self.alike(1.01 * self.LIMIT), WORKLOAD, INPUTS, None)
        with pytest.raises(WrongOutput, match=r"^reference: an output correlates .* by 0\.47 only"):
            check_likeness(self.alike(0.99 * self.LIMIT), WORKLOAD, INPUTS, None)

    @pytest.mark.parametrize("change", [torch.neg, torch.zeros_like, lambda x: x * torch.nan, lambda x: x.flip(0)])
    def test_anything_else_is_refused(self, change: Callable[[Tensor], Tensor]) -> None:
        with pytest.raises(WrongOutput, match="correlates with the one without dropout by"):
            check_likeness(change(REFERENCE), WORKLOAD, INPUTS, None)
