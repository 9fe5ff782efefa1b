"""The worker process that measures: turns requests into calls of a bench."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any

from assay.errors import AssayError, Unavailable, UnknownToken
from assay.execute.worker import requests
from assay.execute.worker.protocol import Answer
from assay.execute.worker.serve import Handlers, serve
from assay.execute.worker.state_guard import ProcessStateGuard
from assay.execute.worker.step_handlers import StepHandlers
from assay.measure.bench import Bench
from assay.measure.edge_case_subject import EdgeCaseFailed
from assay.measure.gpu_timer import release_idle_memory
from assay.measure.plugin_metrics import offered
from assay.plugins.host import Host
from assay.plugins.types import AttentionPlugin, Provided, TokenizerPlugin
from assay.records.plugin_label import MARK
from assay.records.refusal import Refusal
from assay.records.results import AttentionCase, Case, Sample
from assay.records.serialization import kind_of


class BenchServer:
    """Answers the host with what a bench finds, and looks after the state of the process."""

    def __init__(self) -> None:
        self._loaded: Bench | None = None
        self._guard: ProcessStateGuard | None = None
        self._core: int | None = None
        self._at_core = False
        self._steps = StepHandlers(lambda: self.bench)
        self._cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()

    @property
    def bench(self) -> Bench:
        """The bench, which is made by the first request."""
        assert self._loaded is not None, "a request to load comes first"
        return self._loaded

    @property
    def handlers(self) -> Handlers:
        """What answers each request; after a sample nothing is looked at, since the next one may follow at once."""
        careful: Handlers = {
            requests.Load: self._load,
            requests.TryPlugins: self._try_plugins,
            requests.NamePlugins: self._name_plugins,
            requests.NameMetrics: self._name_metrics,
            requests.ComputeMetric: lambda request: self.bench.metric(request.name, request.row),
            requests.Size: lambda request: self.bench.size(request.documents),
            requests.Predict: lambda request: requests.Predicted(metrics=self.bench.predict(), room=self.bench.room()),
            requests.Verify: self._check,
            requests.VerifyShortly: lambda request: self.bench.verify_shortly(),
            requests.NameSpecials: lambda request: self.bench.specials(),
            requests.EncodeTexts: lambda request: self.bench.encode(request.texts),
            requests.DecodeIds: lambda request: self.bench.decode(request.documents),
            requests.Calibrate: self._calibrate,
            requests.MeasureMemory: lambda request: self.bench.memory(),
            requests.Recheck: lambda request: self.bench.recheck(),
            **self._steps.handlers,
        }
        return {
            kind: self._then_compare(handler, timed=kind is requests.Calibrate) for kind, handler in careful.items()
        } | {
            requests.TakeSample: self._sample,
            requests.KeepAnswer: lambda request: self.bench.keep_answer(request.call),
            requests.Unload: self._unload,
        }

    def refuse(self, error: AssayError) -> Answer[Any]:
        """Answer with an error, which may be one that the plugin announces."""
        if isinstance(error, EdgeCaseFailed):
            refusal = Refusal(reason=error.message, expected=error.expected)
            return Answer(requests.Checked(metrics=error.metrics), refusal)
        announced = self._loaded is not None and self._loaded.closed_vocabulary
        return Answer(refusal=Refusal.of(error, expected=announced and isinstance(error, UnknownToken)))

    def _then_compare(self, handler: Callable[[Any], object], *, timed: bool) -> Callable[[Any], object]:
        """Compare the state of the process after a request, and give idle memory back.

        What is timed keeps to the core of the run, so that all wait for the same; anything else may use every core.
        """

        def handle(request: Any) -> object:
            self._move(timed=timed)
            try:
                answer = handler(request)
                if self._guard is not None:
                    self._guard.compare()
                return answer
            finally:
                release_idle_memory()

        return handle

    def _move(self, *, timed: bool) -> None:
        if self._core is not None and timed != self._at_core:
            os.sched_setaffinity(0, {self._core} if timed else self._cores)
            self._at_core = timed

    def _load(self, request: requests.Load) -> None:
        if self._loaded is None:
            # The other side of a check may lack what is blocked in this one; probes are of no plugin.
            host = Host((), ()) if request.probes is not None else request.setup.plugins.discover(lenient=True)
            self._loaded = Bench(host, grid=request.setup.grid)
        self._core = request.setup.core
        self._guard = None
        if request.case is not None:
            case = request.case
            kind = AttentionPlugin if isinstance(case, AttentionCase) else TokenizerPlugin
            if not any(plugin.name == case.plugin for plugin in self.bench.host.every(kind)):
                raise _lacking(self.bench.host, case)
            if request.file is not None:
                self._steps.open(request.file)
            self.bench.load(case, request.documents, again=request.again)
        elif request.probes is not None:
            self.bench.load_probes(request.probes, request.threads)
        self._guard = ProcessStateGuard()

    def _try_plugins(self, request: requests.TryPlugins) -> Mapping[str, str]:
        host = request.setup.plugins.discover(lenient=True, trial_s=request.trial_s)
        self._loaded = Bench(host, grid=request.setup.grid)
        failures = {failure.origin.location: str(failure) for failure in reversed(host.failures)}
        return {name: failures[name] for name in host.unsafe}

    def _unload(self, request: requests.Unload) -> None:
        self.bench.unload()
        release_idle_memory()

    def _check(self, request: requests.Verify) -> requests.Checked:
        metrics = self.bench.check()
        operations = (
            requests.OfferedOperation(
                name=operation.name,
                clock=operation.clock,
                tokens=operation.tokens,
                size=operation.size,
                answers=operation.answer is not None,
            )
            for operation in self.bench.operations()
        )
        return requests.Checked(metrics=metrics, operations=tuple(operations))

    def _calibrate(self, request: requests.Calibrate) -> requests.Calibrated:
        """Find the iterations, and what other processes spent meanwhile."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        iterations = self.bench.calibrate(request.operation, request.target_ns)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return requests.Calibrated(iterations=iterations, children_s=spent)

    def _sample(self, request: requests.TakeSample) -> Sample:
        return self.bench.sample(request.operation, request.iterations, request.seed)

    def _name_plugins(self, request: requests.NamePlugins) -> Mapping[str, Mapping[str, str | None]]:
        host = self.bench.host
        kinds: tuple[tuple[str, type[Provided]], ...]
        kinds = (("tokenizers", TokenizerPlugin), ("attentions", AttentionPlugin))
        plugins = {name: {each.name: host.origin(each).distribution for each in host.every(of)} for name, of in kinds}
        versions = [(one.name, one.version) for one in metadata.distributions()]
        return {**plugins, "distributions": dict(reversed(versions))}  # the first on the path is what is imported

    def _name_metrics(self, request: requests.NameMetrics) -> tuple[requests.OfferedMetric, ...]:
        host = self.bench.host
        return tuple(
            requests.OfferedMetric(
                name=plugin.name,
                origin=str(host.origin(plugin)),
                remedy=host.remedy(plugin),
                of_tokens=plugin.of_tokens is not None,
                of_row=plugin.of_row is not None,
            )
            for plugin in offered(host, request.names)
        )


def _lacking(host: Host, case: Case) -> Unavailable:
    """Why a plugin that the host has is not here: what its object could not be made of, or that nothing brings it."""
    failures = (each for each in host.failures if each.origin.entry_point == f"{MARK}{case.plugin}")
    for failure in failures:
        return Unavailable(f"in the process that measures it, it {failure.what}", remedy=failure.remedy)
    return Unavailable(f"there is no {kind_of(case)} named {case.plugin!r}")


def main(descriptor: int, memory: int) -> None:
    """Measure what the host asks for, until it goes away."""
    server = BenchServer()
    serve(descriptor, memory, server.handlers, server.refuse)


if __name__ == "__main__":
    descriptor, memory = map(int, sys.argv[1:])
    main(descriptor, memory)
