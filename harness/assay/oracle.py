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
ULPS = 16.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A step that passed the gate; errors are the largest absolute differences from float64."""

    step: Step
    error: float
    naive_error: float


def attend(workload: Workload, inputs: Inputs, weights: Weights | None) -> Tensor:
    """Compute a workload by its definition, in the precision of the inputs, without dropout.

    softmax(scale * q kᵀ + mask) v per head (Vaswani et al. 2017, equation 1); causal masks are aligned at
    the bottom right: query i of the last q_len positions sees keys up to its own position.
    """
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
    context = torch.softmax(scores, dim=-1) @ v
    if weights is None:
        return context
    joined = context.transpose(1, 2).flatten(-2)
    return joined if weights.wo is None else joined @ weights.wo


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
    error = naive_error = 0.0
    for trial in range(TRIALS):
        inputs = inputs_of(trial)
        reference = _reference(exact, inputs, weights)
        naive = _largest(attend(exact, inputs, weights), reference)
        ulp = torch.finfo(inputs.tensors[0].dtype).eps * reference.abs().max().item()
        allowed = 2.0 * naive + ULPS * ulp
        output = _call(step, inputs, reference)
        error = max(error, _compare(output, reference, allowed))
        naive_error = max(naive_error, naive)
    if workload.semantics.dropout:
        step = build(workload, weights)
        _verify_dropout(step, inputs, reference)
    return Verified(step=step, error=error, naive_error=naive_error)


def _reference(workload: Workload, inputs: Inputs, weights: Weights | None) -> Tensor:
    doubled = None
    if weights is not None:
        doubled = Weights(
            wq=weights.wq.double(),
            wk=weights.wk.double(),
            wv=weights.wv.double(),
            wo=None if weights.wo is None else weights.wo.double(),
        )
    return attend(workload, Inputs(tensors=tuple(tensor.double() for tensor in inputs.tensors)), doubled)


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


def _verify_dropout(step: Step, inputs: Inputs, reference: Tensor) -> None:
    """Dropout must vary from call to call and keep the mean.

    The mean over the draws may differ from the reference by twice its standard error, both averaged over
    all elements; for a normal error that average is 0.8.
    """
    deviations, squares = torch.zeros_like(reference), torch.zeros_like(reference)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for _ in range(DROPOUT_DRAWS):
            deviation = _call(step, inputs, reference).double() - reference
            deviations += deviation
            squares += deviation**2
    bias = deviations / DROPOUT_DRAWS
    variance = squares / DROPOUT_DRAWS - bias**2
    if not variance.max().item() > 0.0:
        raise GateFailed("calls with dropout all give the same output: nothing is dropped")
    standard_error = (variance / DROPOUT_DRAWS).clamp_min(0.0).sqrt()
    if not bias.abs().mean().item() <= 2.0 * standard_error.mean().item():
        raise GateFailed("the mean output with dropout is not the output without: the kept weights are not scaled")
