"""Judging dropout: its outputs must vary from call to call, around what comes out without it."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from assay.attention.inputs import Inputs, convert_weights
from assay.attention.reference import attend, looked_at, project, weigh, widened
from assay.errors import WrongOutput
from assay.plugins.types import Weights
from assay.records.workload import Workload

DRAWS = 128
SLACK = 0.33
SIGMAS = 6.0
LIKENESS = 0.5


def verify_dropout(
    call: Callable[[], Tensor], workload: Workload, inputs: Inputs, weights: Weights | None, seed: int = 0
) -> None:
    """Hold calls to the mean and variance that dropping a share of the weights of attention makes.

    The mean over the draws may differ from the reference by twice its standard error, both averaged over
    all elements; for a normal error that average is 0.8. The mean variance may be a third off, or more when few
    weights are dropped in all. Raises `WrongOutput`.
    """
    exact = inputs.map(Tensor.double)
    reference = attend(workload, exact, weights)
    wide = widened(looked_at(workload, torch.arange(workload.q_len), inputs.lengths), reference)
    reference = torch.where(wide, reference, 0.0)
    expected_variance = torch.where(wide, _variance(workload, exact, weights), 0.0)
    dropout = workload.semantics.dropout
    deviations, squares = torch.zeros_like(reference), torch.zeros_like(reference)
    varied = False
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first = call().clone()
        for _ in range(DRAWS):
            output = call()
            varied = varied or not torch.equal(output, first)
            deviation = torch.where(wide, output.double(), 0.0) - reference
            deviations += deviation
            squares += deviation**2
    if not varied:
        raise WrongOutput("dropout: calls all give the same output: nothing is dropped")
    bias = deviations / DRAWS
    variance = (squares / DRAWS - bias**2).clamp_min(0.0)
    standard_error = (variance / DRAWS).sqrt()
    if not bias.abs().mean().item() <= 2.0 * standard_error.mean().item():
        raise WrongOutput("dropout: the mean output is not the output without: the kept weights are not scaled")
    share = variance.sum().item() / expected_variance.sum().item()
    # Each row of weights is drawn anew; few drops, or few that are kept, make the variance itself vary.
    drops = DRAWS * reference.numel() / reference.shape[-1] * min(dropout, 1.0 - dropout)
    slack = 1.0 + max(SLACK, SIGMAS / math.sqrt(drops))
    if not 1 / slack <= share <= slack:
        raise WrongOutput(
            f"dropout: it varies the output {share:.2f} times as much as the share that was asked for would"
        )


def check_likeness(output: Tensor, workload: Workload, inputs: Inputs, weights: Weights | None) -> None:
    """Hold one output to the reference without dropout, which it must resemble; raise `WrongOutput`.

    Where each value is independent, dropping a share p leaves a correlation of sqrt(1 - p). Half of that is asked for;
    an answer to other inputs has none.
    """
    reference = attend(workload, inputs.map(Tensor.double), convert_weights(weights, Tensor.double))
    wide = widened(looked_at(workload, torch.arange(workload.q_len), inputs.lengths), reference).expand_as(reference)
    found, wanted = output.double()[wide], reference[wide]
    likeness = (found @ wanted / (found.norm() * wanted.norm())).item()
    if not likeness >= LIKENESS * math.sqrt(1.0 - workload.semantics.dropout):
        raise WrongOutput(f"reference: an output correlates with the one without dropout by {likeness:.2f} only")


def _variance(workload: Workload, inputs: Inputs, weights: Weights | None) -> Tensor:
    """The variance of the outputs: each weight w of a value v adds p / (1 - p) * (w v)²."""
    q, k, values = project(workload, inputs, weights)
    attention = weigh(workload, q, k, torch.arange(workload.q_len), inputs.lengths)
    if weights is not None and weights.wo is not None:
        values = values @ weights.wo.unflatten(0, (workload.q_heads, -1))
    variance = attention.square() @ values.square()
    if weights is not None:
        joined = variance.transpose(1, 2)
        variance = joined.flatten(-2) if weights.wo is None else joined.sum(dim=2)
    share = workload.semantics.dropout
    return variance * share / (1.0 - share)
