"""An attention implementation on a workload: its gate against float64, and its timed step."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from assay.contracts import AttentionPlugin
from assay.measure.subject import Operation
from assay.records import AttentionCase, Metric
from assay.workload import Workload

if TYPE_CHECKING:
    from assay.contracts import Step, Weights
    from assay.inputs import EmbeddedText


class AttentionSubject:
    """Built with the host's weights; checked on several inputs and timed on another."""

    def __init__(self, plugin: AttentionPlugin, case: AttentionCase, text: EmbeddedText | None) -> None:
        import torch

        from assay.inputs import make_inputs, make_weights

        self.plugin = plugin
        self.workload = case.workload
        torch.set_num_threads(self.workload.threads)
        self.weights = make_weights(self.workload)
        self.inputs_of = partial(make_inputs, self.workload, text)
        self.step: Step | None = None
        self.build_seconds = 0.0

    def check(self) -> tuple[Metric, ...]:
        """Build the step and hold it to the float64 reference."""
        import torch

        from assay.oracle import verify

        with torch.inference_mode():
            verified = verify(self._build, self.workload, self.weights, self.inputs_of)
        self.step = verified.step
        return (
            Metric(name="error", value=verified.error),
            Metric(name="naive_error", value=verified.naive_error),
            Metric(name="build_seconds", value=self.build_seconds),
        )

    def operations(self) -> tuple[Operation, ...]:
        """One call computes one step without gradients."""
        import torch

        from assay.oracle import TRIALS

        assert self.step is not None, "operations are timed after check"
        with torch.inference_mode():
            call = partial(self.step, *self.inputs_of(TRIALS).tensors)
        return (Operation(name="step", call=call, tokens=self.workload.tokens, context=torch.inference_mode),)

    def _build(self, workload: Workload, weights: Weights | None) -> Step:
        start = time.perf_counter()
        step = self.plugin.build(workload, weights)
        self.build_seconds = time.perf_counter() - start
        return step
