"""The judge of attention outputs: a float64 reference, and the gate that a step passes before it is timed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from assay.contracts import Step, Weights
from assay.errors import GateFailed
from assay.inputs import Inputs
from assay.workload import Workload

TRIALS = 2
DROPOUT_DRAWS = 128
DROPOUT_SLACK = 0.33
DROPOUT_SIGMAS = 6.0
ULPS = 16.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Largest absolute differences from float64: of a step, of the definition in its precision, and allowed."""

    step: float
    naive: float
    allowed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A step that passed the gate, and its largest errors over the trials; `allowed` is the least allowed error."""

    step: Step
    error: float
    naive_error: float
    allowed: float


def attend(workload: Workload, inputs: Inputs, weights: Weights | None) -> Tensor:
    """Compute a workload by its definition, in the precision of the inputs, without dropout.

    softmax(scale * q kᵀ + mask) v per head (Vaswani et al. 2017, equation 1); causal masks are aligned at
    the bottom right: query i of the last q_len positions sees keys up to its own position.
    """
    attention, values = _attention(workload, inputs, weights)
    context = attention @ values
    if weights is None:
        return context
    joined = context.transpose(1, 2).flatten(-2)
    return joined if weights.wo is None else joined @ weights.wo


def _attention(workload: Workload, inputs: Inputs, weights: Weights | None) -> tuple[Tensor, Tensor]:
    """Give the attention weights [batch, q_heads, q_len, kv_len] and values [batch, q_heads, kv_len, d_v]."""
    if weights is None:
        q, k, v = inputs.tensors
    else:
        (x,) = inputs.tensors
        q, k, v = (
            (x @ w).unflatten(-1, (heads, -1)).transpose(1, 2)
            for w, heads in (
                (weights.wq, workload.q_heads),
                (weights.wk, workload.kv_heads),
                (weights.wv, workload.kv_heads),
            )
        )
    group = workload.q_heads // workload.kv_heads
    k, v = k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)
    scores = q @ k.transpose(-2, -1)
    if not workload.semantics.scale_is_one:
        scores = scores / math.sqrt(workload.d_qk)
    if workload.semantics.mask == "causal":
        positions = torch.arange(workload.kv_len, device=scores.device)
        last_seen = positions[-workload.q_len :].unsqueeze(-1)
        scores = scores.masked_fill(positions > last_seen, -torch.inf)
    return torch.softmax(scores, dim=-1), v


def verify(
    build: Callable[[Workload, Weights | None], Step],
    workload: Workload,
    weights: Weights | None,
    inputs_of: Callable[[int], Inputs],
) -> Verified:
    """Build a step and hold it to the float64 reference on several fresh inputs, or raise `GateFailed`.

    The largest error may be twice that of `attend` in the workload's own precision, plus 16 units in the
    last place of the largest output. The inputs must be left as they were and the output must be new. With
    dropout the figures come from a twin of the step without it; the step itself must vary from call to
    call, around the reference.
    """
    exact = replace(workload, semantics=replace(workload.semantics, dropout=0.0))
    step = build(exact, weights)
    trials = [check_step(step, exact, weights, inputs_of(trial)) for trial in range(TRIALS)]
    if workload.semantics.dropout:
        step = build(workload, weights)
        check_step(step, workload, weights, inputs_of(TRIALS))
    return Verified(
        step=step,
        error=max(trial.step for trial in trials),
        naive_error=max(trial.naive for trial in trials),
        allowed=min(trial.allowed for trial in trials),
    )


def check_step(step: Step, workload: Workload, weights: Weights | None, inputs: Inputs) -> Errors:
    """Hold a step to the reference on one input, as `verify` does on several; raise `GateFailed`."""
    reference = _reference(workload, inputs, weights)
    naive = _largest(attend(workload, inputs, weights), reference)
    ulp = torch.finfo(inputs.tensors[0].dtype).eps * reference.abs().max().item()
    allowed = 2.0 * naive + ULPS * ulp
    if workload.semantics.dropout:
        variance = _dropout_variance(workload, inputs, weights)
        _verify_dropout(step, inputs, reference, workload.semantics.dropout, variance)
        return Errors(step=0.0, naive=naive, allowed=allowed)
    return Errors(step=_compare(_call(step, inputs, reference), reference, allowed), naive=naive, allowed=allowed)


def _reference(workload: Workload, inputs: Inputs, weights: Weights | None) -> Tensor:
    return attend(workload, *_doubled(inputs, weights))


def _doubled(inputs: Inputs, weights: Weights | None) -> tuple[Inputs, Weights | None]:
    exact = Inputs(tensors=tuple(tensor.double() for tensor in inputs.tensors))
    if weights is None:
        return exact, None
    return exact, Weights(
        wq=weights.wq.double(),
        wk=weights.wk.double(),
        wv=weights.wv.double(),
        wo=None if weights.wo is None else weights.wo.double(),
    )


def _dropout_variance(workload: Workload, inputs: Inputs, weights: Weights | None) -> float:
    """The mean variance of the outputs: each weight w of a value v adds p / (1 - p) * (w v)²."""
    exact, doubled = _doubled(inputs, weights)
    attention, values = _attention(workload, exact, doubled)
    if doubled is not None and doubled.wo is not None:
        values = values @ doubled.wo.unflatten(0, (workload.q_heads, -1))
    variance = attention.square() @ values.square()
    if doubled is not None and doubled.wo is not None:
        variance = variance.sum(dim=1)
    share = workload.semantics.dropout
    return variance.mean().item() * share / (1.0 - share)


def _call(step: Step, inputs: Inputs, reference: Tensor) -> Tensor:
    """Call a step once and check everything about the output but its values."""
    before = [tensor.clone() for tensor in inputs.tensors]
    output: object = step(*inputs.tensors)
    if not isinstance(output, Tensor):
        raise GateFailed(f"the output is {type(output).__name__}, not a tensor")
    if any(not torch.equal(kept, tensor) for kept, tensor in zip(before, inputs.tensors, strict=True)):
        raise GateFailed("the inputs were changed")
    if output.shape != reference.shape:
        raise GateFailed(f"the output has shape {list(output.shape)}, not {list(reference.shape)}")
    source = inputs.tensors[0]
    if output.dtype != source.dtype or output.device != source.device:
        raise GateFailed(f"the output is {output.dtype} on {output.device}, not {source.dtype} on {source.device}")
    storage = output.untyped_storage().data_ptr()
    if any(storage == tensor.untyped_storage().data_ptr() for tensor in inputs.tensors):
        raise GateFailed("the output shares its memory with an input")
    return output


def _compare(output: Tensor, reference: Tensor, allowed: float) -> float:
    difference = (output.double() - reference).abs()
    wrong = ~(difference <= allowed)  # a NaN is never within bounds
    if wrong.any():
        where = wrong.nonzero()[0].tolist()
        got, wanted = output[tuple(where)].item(), reference[tuple(where)].item()
        worst = difference.max().item()
        raise GateFailed(
            f"wrong output, first at {where}: {got:.6g} instead of {wanted:.6g}"
            f" (largest error {worst:.3g}, allowed {allowed:.3g})"
        )
    return difference.max().item()


def _largest(output: Tensor, reference: Tensor) -> float:
    return (output.double() - reference).abs().max().item()


def _verify_dropout(step: Step, inputs: Inputs, reference: Tensor, dropout: float, expected_variance: float) -> None:
    """Dropout must vary from call to call, keep the mean, and vary by as much as its share of weights makes it.

    The mean over the draws may differ from the reference by twice its standard error, both averaged over
    all elements; for a normal error that average is 0.8. The mean variance may be a third off, or more when few
    weights are dropped in all.
    """
    deviations, squares = torch.zeros_like(reference), torch.zeros_like(reference)
    varied = False
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        first = _call(step, inputs, reference).clone()
        for _ in range(DROPOUT_DRAWS):
            output = _call(step, inputs, reference)
            varied = varied or not torch.equal(output, first)
            deviation = output.double() - reference
            deviations += deviation
            squares += deviation**2
    if not varied:
        raise GateFailed("calls with dropout all give the same output: nothing is dropped")
    bias = deviations / DROPOUT_DRAWS
    variance = (squares / DROPOUT_DRAWS - bias**2).clamp_min(0.0)
    standard_error = (variance / DROPOUT_DRAWS).sqrt()
    if not bias.abs().mean().item() <= 2.0 * standard_error.mean().item():
        raise GateFailed("the mean output with dropout is not the output without: the kept weights are not scaled")
    share = variance.mean().item() / expected_variance
    # Each row of weights is drawn anew; few drops, or few that are kept, make the variance itself vary.
    drops = DROPOUT_DRAWS * reference.numel() / reference.shape[-1] * min(dropout, 1.0 - dropout)
    slack = 1.0 + max(DROPOUT_SLACK, DROPOUT_SIGMAS / math.sqrt(drops))
    if not 1 / slack <= share <= slack:
        raise GateFailed(f"dropout varies the output {share:.2f} times as much as the share that was asked for would")
