"""An attention implementation on a workload: its gate against float64, and its timed step."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch

from assay.contracts import AttentionPlugin, Step, Weights
from assay.errors import GateFailed
from assay.inputs import EmbeddedText, Inputs, make_inputs, make_weights
from assay.measure.memory import peak_resident_bytes, peak_torch_bytes
from assay.measure.predict import extrapolate, probe_sizes
from assay.measure.subject import Operation
from assay.oracle import TRIALS, Verified, check_step, verify
from assay.records import AttentionCase, Metric
from assay.workload import Workload

STRIDE = 61


class AttentionSubject:
    """Built with the host's weights; checked on several inputs and timed on another."""

    def __init__(self, plugin: AttentionPlugin, case: AttentionCase, text: EmbeddedText | None) -> None:
        self.plugin = plugin
        self.workload = case.workload
        self.text = text
        self.weights: Weights | None = None
        self.inputs: Inputs | None = None
        self.verified: Verified | None = None
        self.build_seconds = 0.0

    def predict(self) -> tuple[Metric, ...]:
        """Run the workload at two shorter lengths; memory is the plugin's own figure where it has one."""
        length = self.workload.q_len
        sizes = probe_sizes(length)
        seconds, peaks = [], []
        for size in sizes:
            keys = max(1, self.workload.kv_len * size // length)
            small = replace(self.workload, q_len=size, kv_len=keys, source=None)
            with torch.inference_mode():
                weights = make_weights(small)
                step = self.plugin.build(small, weights)
                call = partial(step, *make_inputs(small, None, 0).tensors)
                call()
                seconds.append(min(_seconds(call) for _ in range(3)))
                peaks.append(peak_torch_bytes(call))
        own = None if self.plugin.peak_bytes is None else self.plugin.peak_bytes(self.workload)
        expected = extrapolate(sizes, (peaks[0], peaks[1]), length) if own is None else own
        return (
            Metric(name="predicted_seconds", value=extrapolate(sizes, (seconds[0], seconds[1]), length)),
            Metric(name="predicted_bytes", value=int(expected)),
        )

    def check(self) -> tuple[Metric, ...]:
        """Build the step and hold it to the float64 reference."""
        inputs_of = partial(make_inputs, self.workload, self.text)
        with torch.inference_mode():
            self.weights = make_weights(self.workload)
            self.verified = verify(self._build, self.workload, self.weights, inputs_of)
            self.inputs = inputs_of(TRIALS)
        return (
            Metric(name="error", value=self.verified.error),
            Metric(name="naive_error", value=self.verified.naive_error),
            Metric(name="build_seconds", value=self.build_seconds),
        )

    def operations(self) -> tuple[Operation, ...]:
        """One call computes one step without gradients."""
        assert self.verified is not None, "check comes first"
        call, allowed = self._call(), self.verified.allowed
        with torch.inference_mode():
            expected = call().flatten().clone()  # a step may use its output again
        offsets = itertools.cycle(range(STRIDE))
        random = self.workload.semantics.dropout > 0

        def audit(outputs: Sequence[object]) -> None:
            """Look at every 61st element of the last output, from an offset that goes round."""
            offset, output = next(offsets), outputs[-1]
            if not isinstance(output, torch.Tensor) or output.numel() != expected.numel():
                raise GateFailed("a timed call gives an output of another shape")
            found, wanted = output.flatten()[offset::STRIDE], expected[offset::STRIDE]
            if not random and not bool(((found - wanted).abs() <= allowed).all()):
                raise GateFailed("a timed call gives another output than before")

        operation = Operation(
            name="step", call=call, audit=audit, tokens=self.workload.tokens, context=torch.inference_mode
        )
        return (operation,)

    def memory(self) -> tuple[Metric, ...]:
        """Torch's allocations of one step, exactly, and the high-water mark of the process."""
        call = self._call()
        with torch.inference_mode():
            metrics = [Metric(name="peak_bytes", value=peak_torch_bytes(call))]
            resident = peak_resident_bytes(call)
        return tuple(metrics if resident is None else [*metrics, Metric(name="peak_resident_bytes", value=resident)])

    def recheck(self) -> None:
        """Hold the step, and the inputs that it was timed on, to the reference once more."""
        with torch.inference_mode():
            fresh = make_inputs(self.workload, self.text, TRIALS)
            pairs = zip(fresh.tensors, self._inputs().tensors, strict=True)
            if any(not torch.equal(ours, theirs) for ours, theirs in pairs):
                raise GateFailed("the inputs were changed while it was timed")
            if not self.workload.semantics.dropout:  # its mean takes many draws, which the gate has made
                assert self.verified is not None, "check comes first"
                check_step(self.verified.step, self.workload, self.weights, fresh)

    def _call(self) -> partial[torch.Tensor]:
        assert self.verified is not None, "check comes first"
        return partial(self.verified.step, *self._inputs().tensors)

    def _inputs(self) -> Inputs:
        assert self.inputs is not None, "check comes first"
        return self.inputs

    def _build(self, workload: Workload, weights: Weights | None) -> Step:
        start = time.perf_counter()
        step = self.plugin.build(workload, weights)
        self.build_seconds = time.perf_counter() - start
        return step


def _seconds(call: partial[torch.Tensor]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
