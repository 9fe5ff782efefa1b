"""Judging dropout: its outputs must vary from call to call, around what comes out without it."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from assay.attention.inputs import Inputs
from assay.attention.reference import attend, project, weigh
from assay.errors import WrongOutput
from assay.plugins.types import Weights
from assay.records.workload import Workload

DROPOUT_DRAWS = 128
DROPOUT_SLACK = 0.33
DROPOUT_SIGMAS = 6.0


def verify_dropout(call: Callable[[], Tensor], workload: Workload, inputs: Inputs, weights: Weights | None) -> None:
    """Hold calls to the mean and variance that dropping a share of the weights of attention makes.

    The mean over the draws may differ from the reference by twice its standard error, both averaged over
    all elements; for a normal error that average is 0.8. The mean variance may be a third off, or more when few
    weights are dropped in all. Raises `WrongOutput`.
    """
    exact = inputs.map(Tensor.double)
    reference, expected_variance = attend(workload, exact, weights), _variance(workload, exact, weights)
    dropout = workload.semantics.dropout
    deviations, squares = torch.zeros_like(reference), torch.zeros_like(reference)
    varied = False
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        first = call().clone()
        for _ in range(DROPOUT_DRAWS):
            output = call()
            varied = varied or not torch.equal(output, first)
            deviation = output.double() - reference
            deviations += deviation
            squares += deviation**2
    if not varied:
        raise WrongOutput("dropout: calls all give the same output: nothing is dropped")
    bias = deviations / DROPOUT_DRAWS
    variance = (squares / DROPOUT_DRAWS - bias**2).clamp_min(0.0)
    standard_error = (variance / DROPOUT_DRAWS).sqrt()
    if not bias.abs().mean().item() <= 2.0 * standard_error.mean().item():
        raise WrongOutput("dropout: the mean output is not the output without: the kept weights are not scaled")
    share = variance.mean().item() / expected_variance
    # Each row of weights is drawn anew; few drops, or few that are kept, make the variance itself vary.
    drops = DROPOUT_DRAWS * reference.numel() / reference.shape[-1] * min(dropout, 1.0 - dropout)
    slack = 1.0 + max(DROPOUT_SLACK, DROPOUT_SIGMAS / math.sqrt(drops))
    if not 1 / slack <= share <= slack:
        raise WrongOutput(
            f"dropout: it varies the output {share:.2f} times as much as the share that was asked for would"
        )


def _variance(workload: Workload, inputs: Inputs, weights: Weights | None) -> float:
    """The mean variance of the outputs: each weight w of a value v adds p / (1 - p) * (w v)²."""
    q, k, values = project(workload, inputs, weights)
    attention = weigh(workload, q, k, torch.arange(workload.q_len))
    if weights is not None and weights.wo is not None:
        values = values @ weights.wo.unflatten(0, (workload.q_heads, -1))
    variance = attention.square() @ values.square()
    if weights is not None and weights.wo is not None:
        variance = variance.sum(dim=1)
    share = workload.semantics.dropout
    return variance.mean().item() * share / (1.0 - share)
