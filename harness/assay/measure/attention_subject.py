"""An attention implementation on a workload, in the process that runs it: built, called and timed.

What it gives is judged elsewhere, see `assay.attention.verification`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from assay.attention.calls import CheckedStep
from assay.attention.fresh_values import FreshValues, part_sizes
from assay.attention.inputs import EmbeddedText, Inputs
from assay.attention.layouts import Layout
from assay.attention.passes import fill, mode, run_pass
from assay.measure import timer
from assay.measure.attention_prediction import Call, predict, timed_call
from assay.measure.gpu_timer import launch_seconds, most_iterations, on_gpu, reader, wait
from assay.measure.memory import held_device_bytes, in_bytes, living_bytes, peak_device_bytes, peak_resident_bytes
from assay.measure.replay import check_replay
from assay.measure.spot_check import AnswerCheck
from assay.measure.subject import Operation, Subject
from assay.measure.torch_ops import TELLING, counted_flop, dispatched
from assay.plugins.types import AttentionPlugin, Step, Weights
from assay.records.results import AttentionCase, Metrics, Sample
from assay.records.workload import Workload

OFF, LEAST_BYTES = 0.1, 1 << 16


class AttentionSubject(Subject):
    """Steps of one plugin, which another process has built and called here; the last one built is timed."""

    def __init__(
        self,
        plugin: AttentionPlugin,
        case: AttentionCase,
        text: Callable[[], EmbeddedText] | None,
        *,
        again: bool = False,
    ) -> None:
        """Take a plugin and its workload; `text` reads what the inputs are embedded from.

        With `again` the figures that need extra calls are known from another process.
        """
        self.plugin = plugin
        self.workload = case.workload
        self.text = text
        self.again = again
        self.build_seconds = self.first_seconds = 0.0
        self.held_bytes = 0
        self._steps: dict[int, CheckedStep] = {}
        self._first: int | None = None
        self._living = 0
        self._built = 0
        self._timed: CheckedStep | None = None
        self._inputs: Inputs | None = None
        self._upstream: Tensor | None = None
        self._fresh: FreshValues | None = None
        self._ran: tuple[str, ...] = ()

    def predict(self) -> Metrics:
        """Run the workload at shorter lengths; memory is the plugin's own figure where it has one."""
        return predict(self.plugin, self.workload)

    def build(self, workload: Workload, weights: Weights | None) -> int:
        """Build a step; return the number under which it is called."""
        self._built += 1
        whole = workload == self.workload and not self.again
        with mode(workload):
            step = self._build_watched(weights) if whole else self.plugin.build(workload, weights)
        self._steps[self._built] = CheckedStep(step, workload)
        self._first = self._built if whole else self._first
        return self._built

    def call(
        self,
        number: int,
        inputs: Inputs,
        upstream: Tensor | None,
        *,
        layout: Layout = "contiguous",
        same_memory: bool = False,
        prefill: bool = True,
    ) -> tuple[Tensor, ...]:
        """Call a step on copies of the inputs, see `assay.attention.calls.Run`."""
        if number == self._first:
            self._first = None
            self._call_watched(self._steps[number].step, inputs.map(Tensor.clone), upstream)
        return self._steps[number](inputs, upstream, layout=layout, same_memory=same_memory, prefill=prefill)

    def drop(self, number: int) -> None:
        """Forget a step that is called no more."""
        self._steps.pop(number, None)

    def take_inputs(self, number: int, inputs: Inputs, upstream: Tensor | None, seed: int) -> None:
        """Take what a step is to be timed on; between calls some of it is written over, as follows from the seed."""
        self._timed = self._steps[number]
        with torch.inference_mode(False), torch.no_grad():  # only tensors made outside count their changes
            copies: dict[int, Tensor] = {}

            def own(tensor: Tensor) -> Tensor:
                if id(tensor) not in copies:
                    copies[id(tensor)] = tensor.to(self.workload.device, copy=True).contiguous()
                return copies[id(tensor)]

            past = None if inputs.past is None else own(inputs.past)
            self._inputs = Inputs(tensors=tuple(own(tensor) for tensor in inputs.tensors), past=past)
            self._upstream = None if upstream is None else own(upstream)
            self._fresh = FreshValues(self.workload, self._inputs, self._upstream, seed)

    def check(self) -> Metrics:
        """Return the figures that only this process can tell; the outputs are judged in another."""
        if self.again:
            return Metrics()
        plugin, workload = self.plugin, self.workload
        with mode(workload):
            self._ran = dispatched(partial(run_pass, self.step, self._given, self._upstream))
        executed = None if plugin.flop is None else plugin.flop(workload)
        return Metrics(
            dispatched=", ".join(self._ran),
            approximate=plugin.approximate,
            executed_flop=None if executed is None else int(executed),
            build_seconds=self.build_seconds,
            first_step_seconds=self.first_seconds,
        )

    def operations(self) -> tuple[Operation, ...]:
        """One call computes one pass of the workload's phase."""
        device = self.workload.device
        answers, call = AnswerCheck(self.fresh), self._call()
        if not on_gpu(device):
            with mode(self.workload):
                self.fresh.begin(0, 1)
                check_replay(call, self.fresh.prepare, self._elsewhere)
        operation = Operation(
            name="step",
            call=call,
            spot_check=answers.check,
            refresh=answers.begin,
            answer=answers.answer,
            tokens=self.workload.tokens,
            clock="wall" if on_gpu(device) else "cpu",
            context=partial(mode, self.workload),
            read=self._read,
            most_iterations=most_iterations(device),
        )
        return (operation,)

    def memory(self) -> Metrics:
        """Torch's allocations of one step and what is held between steps, the process's peak, the launch on a GPU."""
        device = self.workload.device
        with mode(self.workload):
            call, graph = held_device_bytes(self._call, device)
            peak = self.held_bytes + graph + peak_device_bytes(call, device)
            resident = peak_resident_bytes(call)
            launch = launch_seconds(device, call) if on_gpu(device) else None
            mispredicted = "; ".join(self._mispredicted(peak, call))
        return Metrics(
            peak_bytes=peak,
            launch_seconds=launch,
            peak_resident_bytes=resident,
            mispredicted=mispredicted or None,
        )

    @property
    def step(self) -> Step:
        """The step that is timed."""
        assert self._timed is not None, "take_inputs comes first"
        return self._timed.step

    @property
    def fresh(self) -> FreshValues:
        """The values of the inputs that are timed."""
        assert self._fresh is not None, "take_inputs comes first"
        return self._fresh

    @property
    def _given(self) -> Inputs:
        assert self._inputs is not None, "take_inputs comes first"
        return self._inputs

    def _elsewhere(self) -> Call:
        """What makes other values in tensors that no call is made with."""
        upstream = None if self._upstream is None else self._upstream.clone()
        with torch.inference_mode(False), torch.no_grad():
            fresh = FreshValues(self.workload, self._given.map(Tensor.clone), upstream, 0)
        fresh.begin(0, 1)
        return fresh.prepare

    def _read(self, call: Call, iterations: int) -> tuple[Sample, list[object]]:
        """Time a batch, whose values change between its parts; on a GPU, which is read as a whole, before it."""
        if on_gpu(self.workload.device):
            self.fresh.prepare()
            return reader(self.workload.device)(call, iterations)
        return timer.read_parts(call, part_sizes(iterations), self.fresh.prepare)

    def _call(self) -> Call:
        """One pass on the timed inputs; the past of a decoding step is filled in before."""
        with mode(self.workload):
            fill(self.step, self._given)
            return timed_call(self.step, self.workload, self._given, self._upstream)

    def _build_watched(self, weights: Weights | None) -> Step:
        """Build a step of the whole workload, and note how long that takes and what it holds from then on."""

        def build() -> Step:
            start = time.perf_counter()
            step = self.plugin.build(self.workload, weights)
            self.build_seconds = time.perf_counter() - start
            return step

        if self._unwatched:
            self._living = living_bytes()
            return build()
        step, self.held_bytes = held_device_bytes(build, self.workload.device)
        return step

    def _call_watched(self, step: Step, inputs: Inputs, upstream: Tensor | None) -> None:
        """Call a step a first time, which is when some translate their code or make what they hold from then on."""
        device = self.workload.device

        def call() -> None:
            fill(step, inputs)
            wait(device)
            start = time.perf_counter()
            step(*inputs.tensors)
            wait(device)
            self.first_seconds = time.perf_counter() - start
            if upstream is not None:
                run_pass(step, inputs, upstream)

        with mode(self.workload):
            if self._unwatched:
                call()
                self.held_bytes = max(0, living_bytes() - self._living)
            else:
                _, held = held_device_bytes(call, device)
                self.held_bytes += held

    @property
    def _unwatched(self) -> bool:
        """Whether the profiler stays off while it is built: to watch a compiler would take too long."""
        return self.plugin.compiles and not on_gpu(self.workload.device)

    def _mispredicted(self, peak: int, call: Call) -> Iterator[str]:
        """Yield what the plugin predicts wrongly, by more than a tenth."""
        plugin = self.plugin
        predicted = None if plugin.peak_bytes is None else plugin.peak_bytes(self.workload)
        if predicted is not None and abs(predicted - peak) > max(OFF * peak, LEAST_BYTES):
            yield f"its plugin predicted {in_bytes(predicted)} and {in_bytes(peak)} were used"
        flop = None if plugin.flop is None or plugin.compiles else plugin.flop(self.workload)
        counted = None if flop is None else counted_flop(call)
        if flop is not None and counted:
            unseen = flop > counted and any(TELLING in name for name in self._ran)
            if abs(flop - counted) > OFF * counted and not unseen:
                yield f"its plugin says that it executes {flop:,} FLOP and {counted:,} were counted"
