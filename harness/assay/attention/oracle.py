"""The judge of attention outputs: a float64 reference, and the gate that a step passes before it is timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from assay.attention.dropout import verify_dropout
from assay.attention.inputs import Inputs, make_upstream
from assay.attention.passes import OUTPUTS, expected, fill, run_pass
from assay.attention.reference import looked_at, widened
from assay.errors import WrongOutput
from assay.plugins.types import Step, Weights
from assay.records.workload import Workload

TRIALS = 2
ULPS = 16.0
MOST_PAIRS = 1 << 28
BLOCK = 64
BLOCKS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Largest absolute differences from float64: of a step, of the definition in its precision, and allowed."""

    step: float
    naive: float
    allowed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A step that passed the gate, and its largest errors over the trials; `allowed` is the least allowed error.

    `gradient` is the largest of the three gradients', None where none is asked for; `checked` is the share of the
    queries that were held to the reference.
    """

    step: Step
    error: float
    naive_error: float
    allowed: float
    checked: float
    gradient: Errors | None = None


def verify(
    build: Callable[[Workload, Weights | None], Step],
    workload: Workload,
    weights: Weights | None,
    inputs_of: Callable[[int], Inputs],
) -> Verified:
    """Build a step and hold it to the float64 reference on several fresh inputs, or raise `WrongOutput`.

    The largest error may be twice that of the definition in the workload's own precision, plus 16 units in the
    last place of the largest output of its row; the same goes for each gradient, with the largest of all
    three. The inputs must be left as they were and the
    output must be new. With dropout the figures come from a twin of the step without it; the step itself must
    vary from call to call, around the reference. Above 2^28 pairs of positions some blocks of queries are
    looked at, others in each trial.
    """
    exact = replace(workload, semantics=replace(workload.semantics, dropout=0.0))
    step = build(exact, weights)
    trials = [check_step(step, exact, weights, inputs_of(trial), trial) for trial in range(TRIALS)]
    if workload.semantics.dropout:
        step = build(workload, weights)
        check_dropout(step, workload, weights, inputs_of(TRIALS))
    outputs = [trial[0] for trial in trials]
    gradients = [errors for trial in trials for errors in trial[1:]]
    return Verified(
        step=step,
        error=max(errors.step for errors in outputs),
        naive_error=max(errors.naive for errors in outputs),
        allowed=min(errors.allowed for errors in outputs),
        checked=len(rows_to_check(workload, 0)) / workload.q_len,
        gradient=max(gradients, key=lambda errors: errors.step, default=None),
    )


def verify_again(
    build: Callable[[Workload, Weights | None], Step], workload: Workload, weights: Weights | None, inputs: Inputs
) -> Step:
    """Build a step that passed the gate in another process, and hold it to the reference once more, on some queries.

    These are the first, the last and a block drawn between, 128 in all; with gradients it is every query. Raises
    `WrongOutput`.
    """
    exact = replace(workload, semantics=replace(workload.semantics, dropout=0.0))
    step = build(exact, weights)
    check_step(step, exact, weights, inputs, TRIALS, rows=_some_rows(workload))
    return build(workload, weights) if workload.semantics.dropout else step


def check_dropout(step: Step, workload: Workload, weights: Weights | None, inputs: Inputs) -> None:
    """Hold a step with dropout to what dropping makes of the reference, over many calls; raise `WrongOutput`."""
    verify_dropout(
        lambda: call_step(step, workload, inputs, None)[0],
        workload,
        inputs,
        None if weights is None else doubled(weights),
    )


def check_step(
    step: Step,
    workload: Workload,
    weights: Weights | None,
    inputs: Inputs,
    trial: int = 0,
    rows: Tensor | None = None,
) -> tuple[Errors, ...]:
    """Hold a step without dropout to the reference on one input: its output, then its gradients.

    The queries held are `rows`, or those of the trial.
    """
    upstream = None if workload.phase == "fwd" else make_upstream(workload, trial)
    rows = rows_to_check(workload, trial) if rows is None else rows
    exact = expected(
        workload,
        inputs.map(Tensor.double),
        None if weights is None else doubled(weights),
        None if upstream is None else upstream.double(),
        rows,
    )
    naive = expected(workload, inputs, weights, upstream, rows)
    found = call_step(step, workload, inputs, upstream)
    seen = looked_at(workload, torch.arange(workload.q_len) if upstream is not None else rows)
    results = []
    steepest = max((reference.abs().max().item() for reference in exact[1:]), default=0.0)
    for name, output, plain, reference in zip(OUTPUTS, found, naive, exact, strict=False):
        axis = 1 if reference.ndim == 3 else 2
        wanted = output.index_select(axis, rows.to(output.device)) if name == "output" else output
        mask = seen if name == "output" else None
        least = 0.0 if name == "output" else steepest
        results.append(_compare(name, (wanted, plain, reference), mask, rows, least))
    return tuple(results)


def rows_to_check(workload: Workload, trial: int) -> Tensor:
    """All queries; of very many the first and the last block, and others drawn anew for each trial."""
    length = workload.q_len
    pairs = workload.batch * workload.q_heads * length * workload.kv_len
    if pairs <= MOST_PAIRS or length <= BLOCK * BLOCKS or workload.phase != "fwd":
        return torch.arange(length)
    generator = torch.Generator().manual_seed(workload.seed + trial)
    drawn = torch.randint(0, length - BLOCK, (BLOCKS - 2,), generator=generator).tolist()
    starts = (0, length - BLOCK, *drawn)
    rows: Tensor = torch.cat([torch.arange(start, start + BLOCK) for start in starts]).unique()
    return rows


def _some_rows(workload: Workload) -> Tensor:
    length, half = workload.q_len, BLOCK // 2
    if length <= 2 * BLOCK or workload.phase != "fwd":
        return torch.arange(length)
    middle = torch.randint(half, length - half - BLOCK, (1,)).item()
    rows: Tensor = torch.cat([torch.arange(half), middle + torch.arange(BLOCK), torch.arange(length - half, length)])
    return rows


def doubled(weights: Weights) -> Weights:
    """The same weights in float64."""
    return Weights(
        wq=weights.wq.double(),
        wk=weights.wk.double(),
        wv=weights.wv.double(),
        wo=None if weights.wo is None else weights.wo.double(),
    )


def call_step(step: Step, workload: Workload, inputs: Inputs, upstream: Tensor | None) -> tuple[Tensor, ...]:
    """Call a step once and check everything about the output but its values."""
    fill(step, inputs)
    before = inputs.map(Tensor.clone)
    _poison(shape := _shape(workload), inputs.tensors[0])
    found = run_pass(step, inputs, upstream)
    output: object = found[0]
    plain = type(output) in (Tensor, torch.nn.Parameter)  # others could compute when they are looked at
    if not isinstance(output, Tensor) or not plain:
        raise WrongOutput(f"output: it is {type(output).__name__}, not a plain tensor")
    pairs = zip(before.tensors, inputs.tensors, strict=True)
    if any(not torch.equal(kept, tensor) for kept, tensor in pairs) or (
        before.past is not None and inputs.past is not None and not torch.equal(before.past, inputs.past)
    ):
        raise WrongOutput("inputs: the inputs were changed")
    if list(output.shape) != shape:
        raise WrongOutput(f"output: it has shape {list(output.shape)}, not {shape}")
    source = inputs.tensors[0]
    if output.dtype != source.dtype or output.device != source.device:
        raise WrongOutput(f"output: it is {output.dtype} on {output.device}, not {source.dtype} on {source.device}")
    storage = output.untyped_storage().data_ptr()
    if any(storage == tensor.untyped_storage().data_ptr() for tensor in inputs.tensors):
        raise WrongOutput("memory: the output shares its memory with an input")
    return tuple(tensor.detach() for tensor in found)


def _shape(workload: Workload) -> list[int]:
    if workload.level == "core":
        return [workload.batch, workload.q_heads, workload.q_len, workload.d_v]
    width = workload.q_heads * workload.d_v if workload.level == "qkv" else workload.d_model
    return [workload.batch, workload.q_len, width]


def _poison(shape: list[int], like: Tensor) -> None:
    """Leave NaN in the memory that an output of this size is likely to be given, so that what is not written shows."""
    torch.full(shape, torch.nan, dtype=like.dtype, device=like.device)


def _compare(
    name: str, tensors: tuple[Tensor, Tensor, Tensor], mask: Tensor | None, rows: Tensor, least: float
) -> Errors:
    """Hold an output, and the definition's in its precision, to the reference.

    Only where the mask [batch or 1, rows] is set. The slack is of the largest number of the reference's row, or of
    `least`: a gradient that is 0 in theory is rounded like the others.
    """
    output, naive, reference = tensors
    difference, plain = (output.double() - reference).abs(), (naive.double() - reference).abs()
    largest = reference.abs()
    if mask is not None:
        wide = widened(mask, reference)
        difference, plain, largest = (torch.where(wide, tensor, 0.0) for tensor in (difference, plain, largest))
    ulp = torch.finfo(output.dtype).eps * largest.amax(dim=-1, keepdim=True).clamp_min(least)
    allowed = (2.0 * plain.max().item() + ULPS * ulp).expand_as(difference)
    wrong = ~(difference <= allowed)  # a NaN is never within bounds
    if wrong.any():
        where = wrong.nonzero()[0].tolist()
        got, wanted, bound = (tensor[tuple(where)].item() for tensor in (output, reference, allowed))
        if mask is not None:
            where[-2] = rows[where[-2]].item()
        raise WrongOutput(
            f"reference: wrong {name}, first at {where}: {got:.6g} instead of {wanted:.6g}"
            f" (largest error {difference.max().item():.3g}, allowed here {bound:.3g})"
        )
    return Errors(step=difference.max().item(), naive=plain.max().item(), allowed=allowed.max().item())
