"""Predict time and memory of an attention on a workload from shorter ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from assay.attention.inputs import Inputs, make_inputs, make_upstream, make_weights
from assay.attention.passes import fill, mode, record, run_pass
from assay.measure import timer as clock
from assay.measure.extrapolation import extrapolate_bytes, extrapolate_seconds, growing_sizes
from assay.measure.gpu_timer import most_iterations, reader, room
from assay.measure.memory import held_device_bytes, peak_device_bytes
from assay.plugins.types import AttentionPlugin, Step
from assay.records.results import Metrics
from assay.records.workload import Workload

SMALLEST = 2

Call = Callable[[], object]


@dataclass(frozen=True, slots=True)
class _Probe:
    """A key length, the time of a call there, and what torch allocates in one where that was asked for."""

    size: int
    seconds: float
    peak: int


def predict(plugin: AttentionPlugin, workload: Workload) -> Metrics:
    """Run the workload at shorter lengths, until a call takes long enough to tell what the whole will take.

    A short workload is run as it is. Memory is the plugin's own figure where it has one.
    """
    own = None if plugin.peak_bytes is None else plugin.peak_bytes(workload)
    space = room(workload.device)
    if plugin.compiles or (own is not None and space is not None and own > space):
        return Metrics(predicted_bytes=None if own is None else int(own))
    probes: list[_Probe] = []
    for size in growing_sizes(workload.kv_len, lambda: probes[-1].seconds):
        if own is None and space is not None and _peak(probes, size) > space / 2:
            break  # larger ones may not fit
        probes.append(_probe(plugin, shorter(workload, size), peak=own is None))
    return Metrics(
        predicted_seconds=_seconds(plugin, workload, probes[-2:]),
        predicted_bytes=int(_peak(probes, workload.kv_len) if own is None else own),
        overhead_seconds=_overhead(plugin, workload),
    )


def timed_call(step: Step, workload: Workload, inputs: Inputs, upstream: Tensor | None) -> Call:
    """Return what is timed of a step: one pass of the workload's phase."""
    if upstream is None:
        return partial(step, *inputs.tensors)
    if workload.phase == "fwd_bwd":
        return partial(run_pass, step, inputs, upstream)
    leaves, output = record(step, inputs)
    return partial(torch.autograd.grad, output, leaves, upstream, retain_graph=True)


def opened(plugin: AttentionPlugin, workload: Workload) -> tuple[Call, int]:
    """Build a step for a workload and call it once; return a call of it, and the bytes held between two calls.

    For phase `bwd` these include what the pass forward leaves.
    """
    weights, inputs = make_weights(workload), make_inputs(workload, None, 0)
    upstream = None if workload.phase == "fwd" else make_upstream(workload, 0)

    def ready() -> Call:
        step = plugin.build(workload, weights)
        fill(step, inputs)
        call = timed_call(step, workload, inputs, upstream)
        call()
        return call

    with mode(workload):
        return held_device_bytes(ready, workload.device)


def shorter(workload: Workload, size: int) -> Workload:
    """Return the workload at another key length; decoded queries stay, elsewhere they keep their share."""
    if workload.level == "decode":
        return replace(workload, kv_len=max(size, workload.q_len + 1), source=None)
    queries = max(1, workload.q_len * size // workload.kv_len)
    return replace(workload, q_len=queries, kv_len=size, source=None)


def _overhead(plugin: AttentionPlugin, workload: Workload) -> float | None:
    """At the other levels even two positions take the whole of the projections' weights."""
    if workload.level != "core":
        return None
    return _probe(plugin, replace(shorter(workload, SMALLEST), batch=1), peak=False).seconds


def _seconds(plugin: AttentionPlugin, workload: Workload, probes: Sequence[_Probe]) -> float:
    """The time of the whole from the last probes; the work is what the plugin executes, if it tells."""
    small, large, target = probes[0], probes[-1], workload.kv_len
    if large.size >= target:
        return large.seconds

    executed = plugin.flop or (lambda workload: None)
    known = executed(workload) is not None

    def work(size: int) -> float:
        smaller = shorter(workload, size)
        return float(executed(smaller) or smaller.flop)

    if small.size == large.size:
        return large.seconds * work(target) / work(large.size)
    seconds = (small.seconds, large.seconds)
    return extrapolate_seconds((small.size, large.size), seconds, target, work, known=known)


def _probe(plugin: AttentionPlugin, small: Workload, *, peak: bool) -> _Probe:
    """Run a small workload, and with `peak` once more for its memory."""
    call, held = opened(plugin, small)
    with mode(small):
        read = reader(small.device)
        seconds = clock.typical_seconds(
            lambda iterations: read(call, iterations)[0], most=most_iterations(small.device)
        )
        return _Probe(small.kv_len, seconds, held + peak_device_bytes(call, small.device) if peak else 0)


def _peak(probes: Sequence[_Probe], size: int) -> float:
    """What a step allocates at another length: from the last two that were probed, or from one by the square."""
    if not probes:
        return 0.0
    large = probes[-1]
    if large.size >= size:
        return large.peak
    if len(probes) == 1:
        return large.peak * (size / large.size) ** 2
    small = probes[-2]
    return extrapolate_bytes((small.size, large.size), (small.peak, large.peak), size)
