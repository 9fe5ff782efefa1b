"""An attention implementation on a workload: its verification against float64, and its timed step."""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from assay.attention.inputs import EmbeddedText, Inputs, make_inputs, make_upstream, make_weights
from assay.attention.oracle import TRIALS, Verified, check_dropout, check_step, verify, verify_again
from assay.attention.passes import fill, mode, record, run_pass
from assay.attention.properties import check_properties, companion
from assay.attention.reference import looked_at, widened
from assay.errors import WrongOutput
from assay.measure import timer as clock
from assay.measure.extrapolation import extrapolate_bytes, extrapolate_seconds, growing_sizes
from assay.measure.gpu_timer import launch_seconds, most_iterations, on_gpu, reader, room, wait
from assay.measure.memory import peak_device_bytes, peak_resident_bytes
from assay.measure.spot_check import spot_checker
from assay.measure.subject import Operation, Subject
from assay.measure.torch_ops import dispatched
from assay.plugins.types import AttentionPlugin, Step, Weights
from assay.records.results import AttentionCase, Metrics
from assay.records.workload import Workload

SMALLEST = 2

Call = Callable[[], object]


@dataclass(frozen=True, slots=True)
class _Probe:
    """A key length, the time of a call there, and what torch allocates in one where that was asked for."""

    size: int
    seconds: float
    peak: int


class AttentionSubject(Subject):
    """Built with the host's weights; checked on several inputs and timed on another."""

    def __init__(
        self,
        plugin: AttentionPlugin,
        case: AttentionCase,
        text: EmbeddedText | None,
        held: MutableMapping[tuple[str, str], tuple[str, ...]] | None = None,
        kept: Path | None = None,
    ) -> None:
        """With the inputs from a `text`; `held` remembers which properties held, by plugin and small workload.

        `kept` is a file for the inputs that are timed: embedding a text takes longer than reading them.
        """
        self.plugin = plugin
        self.workload = case.workload
        self.text = text
        self.held = {} if held is None else held
        self.kept = kept
        self.weights: Weights | None = None
        self.inputs: Inputs | None = None
        self.verified: Verified | None = None
        self._step: Step | None = None
        self.build_seconds = self.first_seconds = 0.0

    def predict(self) -> Metrics:
        """Run the workload at shorter lengths, until a call takes long enough to tell what the whole will take.

        A short workload is run as it is. Memory is the plugin's own figure where it has one.
        """
        own = None if self.plugin.peak_bytes is None else self.plugin.peak_bytes(self.workload)
        space = room(self.workload.device)
        if self.plugin.compiles or (own is not None and space is not None and own > space):
            return Metrics(predicted_bytes=None if own is None else int(own))
        probes: list[_Probe] = []
        for size in growing_sizes(self.workload.kv_len, lambda: probes[-1].seconds):
            if own is None and space is not None and _peak(probes, size) > space / 2:
                break  # larger ones may not fit
            probes.append(self._probe(self._shorter(size), peak=own is None))
        return Metrics(
            predicted_seconds=self._seconds(probes[-2:]),
            predicted_bytes=int(_peak(probes, self.workload.kv_len) if own is None else own),
            overhead_seconds=self._overhead(),
        )

    def check(self) -> Metrics:
        """Try the properties on a small workload, build the step and compare it with the float64 reference."""
        workload, plugin = self.workload, self.plugin
        properties = () if plugin.compiles else self._properties()
        with mode(workload):
            self.weights = make_weights(workload)
            inputs_of = partial(make_inputs, workload, self.text)
            self.verified = verify(partial(self._build, inputs_of(0)), workload, self.weights, inputs_of)
            self.inputs, self._step = inputs_of(TRIALS), self.verified.step
            if self.kept is not None:
                torch.save((self.inputs.tensors, self.inputs.past), self.kept)
            ran = dispatched(partial(run_pass, self.step, self._filled(), self._upstream()))
        properties = self._properties() if plugin.compiles else properties  # so that its first step is its first
        gradient = self.verified.gradient
        executed = None if plugin.flop is None else plugin.flop(workload)
        return Metrics(
            error=self.verified.error,
            naive_error=self.verified.naive_error,
            gradient_error=None if gradient is None else gradient.step,
            naive_gradient_error=None if gradient is None else gradient.naive,
            checked_queries=self.verified.checked,
            properties=", ".join(properties),
            dispatched=", ".join(ran),
            executed_flop=None if executed is None else int(executed),
            build_seconds=self.build_seconds,
            first_step_seconds=self.first_seconds,
        )

    def ready(self) -> Metrics:
        """Build the step, which passed the gate in another process, and compare it once more, on some queries."""
        with mode(self.workload):
            self.weights = make_weights(self.workload)
            self.inputs = inputs = self._timed_inputs()
            self._step = verify_again(partial(self._build, inputs), self.workload, self.weights, inputs)
        return Metrics()

    def operations(self) -> tuple[Operation, ...]:
        """One call computes one pass of the workload's phase."""
        call, workload = self._call(), self.workload
        with mode(workload):
            expected = call()
            several = expected if isinstance(expected, tuple) else (expected,)
            tensors = [tensor for tensor in several if isinstance(tensor, torch.Tensor)]
            seen = None if workload.phase == "bwd" else looked_at(workload, torch.arange(workload.q_len))
            wide = None if seen is None else widened(seen, tensors[0])
            spot_check = spot_checker(tensors, wide, random=workload.semantics.dropout > 0)
        operation = Operation(
            name="step",
            call=call,
            spot_check=spot_check,
            tokens=workload.tokens,
            clock="wall" if on_gpu(workload.device) else "cpu",
            context=partial(mode, workload),
            read=reader(workload.device),
            most_iterations=most_iterations(workload.device),
        )
        return (operation,)

    def memory(self) -> Metrics:
        """Torch's allocations of one step, exactly, the high-water mark of the process, and the launch on a GPU."""
        call = self._call()
        with mode(self.workload):
            peak, resident = peak_device_bytes(call, self.workload.device), peak_resident_bytes(call)
            launch = launch_seconds(self.workload.device, call) if on_gpu(self.workload.device) else None
        return Metrics(peak_bytes=peak, launch_seconds=launch, peak_resident_bytes=resident)

    def recheck(self) -> None:
        """Compare the step, and the inputs that it was timed on, with the reference once more."""
        with mode(self.workload):
            fresh = self._timed_inputs()
            pairs = zip(fresh.tensors, self._filled().tensors, strict=True)
            if any(not torch.equal(ours, theirs) for ours, theirs in pairs):
                raise WrongOutput("inputs: the inputs were changed while it was timed")
            if self.workload.semantics.dropout:
                check_dropout(self.step, self.workload, self.weights, fresh)
            else:
                check_step(self.step, self.workload, self.weights, fresh, TRIALS)

    @property
    def step(self) -> Step:
        """The step that was verified."""
        assert self._step is not None, "check comes first"
        return self._step

    def _properties(self) -> tuple[str, ...]:
        small = companion(self.workload, compiles=self.plugin.compiles)
        key = (self.plugin.name, small.id)
        if key not in self.held:
            self.held[key] = check_properties(self.plugin, small)
        return self.held[key]

    def _overhead(self) -> float | None:
        """At the other levels even two positions take the whole of the projections' weights."""
        if self.workload.level != "core":
            return None
        return self._probe(replace(self._shorter(SMALLEST), batch=1), peak=False).seconds

    def _seconds(self, probes: Sequence[_Probe]) -> float:
        """The time of the whole from the last probes; the work is what the plugin executes, if it tells."""
        small, large, target = probes[0], probes[-1], self.workload.kv_len
        if large.size >= target:
            return large.seconds

        executed = self.plugin.flop or (lambda workload: None)
        known = executed(self.workload) is not None

        def work(size: int) -> float:
            workload = self._shorter(size)
            return float(executed(workload) or workload.flop)

        if small.size == large.size:
            return large.seconds * work(target) / work(large.size)
        seconds = (small.seconds, large.seconds)
        return extrapolate_seconds((small.size, large.size), seconds, target, work, known=known)

    def _shorter(self, size: int) -> Workload:
        """The workload at another key length; of a decoding step the queries stay, elsewhere they keep their share."""
        workload = self.workload
        if workload.level == "decode":
            return replace(workload, kv_len=max(size, workload.q_len + 1), source=None)
        queries = max(1, workload.q_len * size // workload.kv_len)
        return replace(workload, q_len=queries, kv_len=size, source=None)

    def _probe(self, small: Workload, *, peak: bool) -> _Probe:
        """Run a small workload, and with `peak` once more for its memory."""
        with mode(small):
            step, inputs = self.plugin.build(small, make_weights(small)), make_inputs(small, None, 0)
            fill(step, inputs)
            call, read = _timed(step, small, inputs), reader(small.device)
            seconds = clock.typical_seconds(
                lambda iterations: read(call, iterations)[0], most=most_iterations(small.device)
            )
            return _Probe(small.kv_len, seconds, peak_device_bytes(call, small.device) if peak else 0)

    def _call(self) -> Call:
        """One pass on the timed inputs; the past of a decoding step is filled in before."""
        with mode(self.workload):
            inputs = self._filled()
            fill(self.step, inputs)
            return _timed(self.step, self.workload, inputs)

    def _timed_inputs(self) -> Inputs:
        """The inputs that are timed: as they were kept by another process, or made."""
        if self.text is not None or self.kept is None:
            return make_inputs(self.workload, self.text, TRIALS)
        tensors, past = torch.load(self.kept, map_location=self.workload.device, weights_only=True)
        return Inputs(tensors=tensors, past=past)

    def _upstream(self) -> Tensor | None:
        return None if self.workload.phase == "fwd" else make_upstream(self.workload, TRIALS)

    def _filled(self) -> Inputs:
        assert self.inputs is not None, "check comes first"
        return self.inputs

    def _build(self, inputs: Inputs, workload: Workload, weights: Weights | None) -> Step:
        """Build a step and call it a first time, which is when some translate their code."""
        start = time.perf_counter()
        step = self.plugin.build(workload, weights)
        self.build_seconds = time.perf_counter() - start
        fill(step, inputs)
        wait(workload.device)
        start = time.perf_counter()
        step(*inputs.tensors)
        wait(workload.device)
        self.first_seconds = time.perf_counter() - start
        return step


def _timed(step: Step, workload: Workload, inputs: Inputs) -> Call:
    if workload.phase == "fwd":
        return partial(step, *inputs.tensors)
    upstream = make_upstream(workload, TRIALS)
    if workload.phase == "fwd_bwd":
        return partial(run_pass, step, inputs, upstream)
    leaves, output = record(step, inputs)
    return partial(torch.autograd.grad, output, leaves, upstream, retain_graph=True)


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
