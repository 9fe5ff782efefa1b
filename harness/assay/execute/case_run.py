"""A case on its way through a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.execute.plugin_metric_worker import PluginMetricWorker
from assay.execute.timed_operation import TimedOperation
from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.protocol import Answer, StepName
from assay.records.metric_catalogue import definition
from assay.records.results import Case, Measurement, Metrics, Status, Timing


@dataclass(slots=True, kw_only=True, eq=False)
class CaseRun:
    """A case on its way; whatever goes wrong becomes `ended`, a measurement without a speed.

    `documents` is how many its sample has, once that is known.
    """

    case: Case
    worker: Worker
    died: Callable[[Worker], object]
    documents: int | None = None
    metrics: Metrics = Metrics()
    predicted: Metrics = Metrics()
    entries: list[TimedOperation] = field(default_factory=list)
    ended: Measurement | None = None

    def ask(self, step: StepName, **arguments: Any) -> Mapping[str, Any]:
        """Take a step; give nothing when the case is over, before or by this."""
        self.post(step, **arguments)
        return self.collect(step)

    def post(self, step: StepName, **arguments: Any) -> None:
        """Have the worker begin a step, unless the case is over."""
        if self.ended is None:
            self.worker.post(step, **arguments)

    def collect(self, step: StepName) -> Mapping[str, Any]:
        """Give what a step that was begun came to."""
        if self.ended is not None:
            return {}
        try:
            answer = self.worker.collect(step)
        except WorkerDied as death:
            self.died(self.worker)
            self.fail(death.reason, death.remedy)
            return {}
        if answer.status is Status.FAILED and not answer.expected:
            limit = f" (limit {self.worker.memory / 2**30:.1f} GiB)" if _out_of_memory(answer.reason) else ""
            self.fail(f"{answer.reason}{limit}", answer.remedy or self.worker.remedy)
        elif answer.status is not Status.OK:
            self.ended = without_speed(self.case, answer)
        return answer.content

    def check(self) -> None:
        """Pass the gate: the exact figures, and what can be timed."""
        content = self.ask("check")
        if self.ended is None:
            self.metrics = Metrics(content["metrics"])
            self.entries = [
                TimedOperation(
                    name=operation["name"],
                    tokens=operation["tokens"],
                    size=operation["size"],
                    ask=self.ask,
                    is_alive=lambda: self.ended is None,
                )
                for operation in content["operations"]
            ]

    def hold_to(self, before: Metrics, found: Metrics) -> None:
        """What is exact must be what it was in another process; fail where something found now differs."""
        for name, value in found.items():
            meaning = definition(name)
            if meaning is not None and meaning.exact and before.get(name) != value:
                self.fail(
                    f"{name} is {value} in a fresh process, and was {before.get(name)}",
                    "make it the same in every process",
                )
                return

    def timings(self) -> tuple[Timing, ...]:
        """Give the samples of every operation."""
        return tuple(Timing(name=entry.name, samples=tuple(entry.samples)) for entry in self.entries)

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

    def add(self, adding: PluginMetricWorker) -> None:
        """Have the metrics of plugins added to the row of a case that succeeded."""
        if self.ended is not None:
            self.ended = adding.add(self.ended)

    def fail(self, reason: str, remedy: str) -> None:
        """End the case as failed; what was predicted stays in the row."""
        answer = Answer(content={}, status=Status.FAILED, reason=reason, remedy=remedy)
        self.ended = without_speed(self.case, answer, self.predicted)

    def skip(self, reason: str, remedy: str) -> None:
        """End the case as skipped; what was predicted stays in the row."""
        answer = Answer(content={}, status=Status.SKIPPED, reason=reason, remedy=remedy)
        self.ended = without_speed(self.case, answer, self.predicted)


def _out_of_memory(reason: str | None) -> bool:
    """Python says MemoryError, torch a RuntimeError of this text; of a GPU's memory torch tells all that is known."""
    if reason is None or "CUDA out of memory" in reason:
        return False
    return "MemoryError" in reason or "can't allocate memory" in reason


def without_speed(case: Case, answer: Answer, metrics: Metrics = Metrics()) -> Measurement:
    """Give the row of a case that was not timed."""
    return Measurement(
        case=case,
        status=answer.status,
        reason=answer.reason,
        remedy=answer.remedy,
        expected=answer.expected,
        metrics=metrics,
    )
