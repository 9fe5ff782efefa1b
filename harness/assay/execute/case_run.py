"""A case on its way through a worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from assay.execute.plugin_metric_worker import PluginMetricWorker
from assay.execute.timed_operation import TimedOperation
from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.protocol import Request
from assay.execute.worker.requests import Checked, Verify
from assay.records.metric_catalogue import definition
from assay.records.refusal import Refusal
from assay.records.results import Case, Measurement, Metrics, Status, Timing

A = TypeVar("A")


@dataclass(slots=True, kw_only=True, eq=False)
class CaseRun:
    """A case on its way; whatever goes wrong becomes `ended`, a measurement without a speed.

    `documents` is how many its sample has, once that is known.
    """

    case: Case
    worker: Worker
    on_death: Callable[[Worker], object]
    documents: int | None = None
    metrics: Metrics = Metrics()
    predicted: Metrics = Metrics()
    operations: list[TimedOperation] = field(default_factory=list)
    ended: Measurement | None = None

    def ask(self, request: Request[A]) -> A | None:
        """Take a step; return nothing when the case is over, before or by this."""
        self.post(request)
        answer: A | None = self.collect()
        return answer

    def post(self, request: Request[Any]) -> None:
        """Have the worker begin a step, unless the case is over."""
        if self.ended is None:
            self.worker.post(request)

    def collect(self) -> Any:
        """Return what a step that was begun gave."""
        if self.ended is not None:
            return None
        try:
            answer = self.worker.collect()
        except WorkerDied as death:
            self.on_death(self.worker)
            return self.fail(death.reason, death.remedy)
        refusal = answer.refusal
        if refusal is None:
            return answer.value
        if refusal.status is Status.FAILED and not refusal.expected:
            limit = f" (limit {self.worker.memory / 2**30:.1f} GiB)" if _out_of_memory(refusal.reason) else ""
            return self.fail(f"{refusal.reason}{limit}", refusal.remedy or self.worker.remedy)
        self.ended = refusal.row(self.case)
        return None

    def check(self) -> None:
        """Have the output verified: the exact figures, and what can be timed."""
        check_together([self])

    def take_up(self, checked: Checked | None) -> None:
        """Go on with what was verified; nothing where the case is over."""
        if checked is not None:
            self.metrics = checked.metrics
            self.operations = [
                TimedOperation(**asdict(offered), ask=self.ask, is_alive=lambda: self.ended is None)
                for offered in checked.operations
            ]

    def compare_exact(self, before: Metrics, found: Metrics) -> None:
        """Fail where an exact figure is not what it was in another process."""
        for name, value in found.items():
            meaning = definition(name)
            if meaning is not None and meaning.exact and before.get(name) != value:
                self.fail(
                    f"{name} is {value} in a fresh process, and was {before.get(name)}",
                    "make it the same in every process",
                )
                return

    def timings(self) -> tuple[Timing, ...]:
        """Return the samples of every operation."""
        return tuple(Timing(name=each.name, samples=tuple(each.samples)) for each in self.operations)

    def succeed(self, metrics: Metrics, *, restarted: bool) -> None:
        """End the case with its figures; what it printed and whether an earlier process died is noted."""
        printed = self.worker.printed()
        notes = [f"it printed {printed:,} bytes, which its time includes"] if printed else []
        notes += ["measured in a new process, after one died"] if restarted else []
        self.ended = Measurement(
            case=self.case,
            status=Status.OK,
            reason="; ".join(notes) or None,
            remedy="silence it" if printed else None,
            metrics=metrics,
            timings=self.timings(),
        )

    def add_plugin_metrics(self, metric_worker: PluginMetricWorker) -> None:
        """Have the metrics of plugins added to the row of a case that succeeded."""
        if self.ended is not None:
            self.ended = metric_worker.add(self.ended)

    def fail(self, reason: str, remedy: str) -> None:
        """End the case as failed; what was predicted stays in the row."""
        self.ended = Refusal(reason=reason, remedy=remedy).row(self.case, self.predicted)

    def skip(self, reason: str, remedy: str) -> None:
        """End the case as skipped; what was predicted stays in the row."""
        self.ended = Refusal(status=Status.SKIPPED, reason=reason, remedy=remedy).row(self.case, self.predicted)


def check_together(runs: Sequence[CaseRun]) -> None:
    """Have the outputs of cases verified at the same time: the exact figures, and what can be timed."""
    for run in runs:
        run.post(Verify())
    for run in runs:
        run.take_up(run.collect())


def _out_of_memory(reason: str) -> bool:
    """Python says MemoryError, torch a RuntimeError of this text; of a GPU's memory torch tells all that is known."""
    if "CUDA out of memory" in reason:
        return False
    return "MemoryError" in reason or "can't allocate memory" in reason
