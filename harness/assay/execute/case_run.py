"""A case on its way through a worker."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from assay.errors import reason_of
from assay.execute.judge_exchange import JudgeExchange, ready
from assay.execute.judge_slot import JudgeSlot
from assay.execute.plugin_metric_worker import PluginMetricWorker
from assay.execute.timed_operation import TimedOperation
from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.protocol import Answer, Request
from assay.execute.worker.requests import Checked, Verify
from assay.execute.worker.step_requests import FetchAnswer, JudgeAgain, JudgeAnswer, Turn
from assay.measure.memory import in_bytes
from assay.measure.throughput import WHOLE_TEXTS
from assay.records.metric_catalogue import definition
from assay.records.refusal import Refusal
from assay.records.results import AttentionCase, Case, Measurement, Metrics, Status, Timing

A = TypeVar("A")
NOTED_GROWTH = 1 << 10


@dataclass(slots=True, kw_only=True, eq=False)
class CaseRun:
    """A case on its way; whatever goes wrong becomes `ended`, a measurement without a speed.

    `documents` is how many its sample has, once that is known. An attention is judged in the process of `judge`. One
    that ended since a process of it was killed, and not for memory, is `killed`: that may be no fault of its plugin.
    """

    case: Case
    worker: Worker
    on_death: Callable[[Worker], object]
    judge: JudgeSlot
    documents: int | None = None
    metrics: Metrics = Metrics()
    predicted: Metrics = Metrics()
    operations: list[TimedOperation] = field(default_factory=list)
    ended: Measurement | None = None
    killed: bool = False

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
            self._die(death)
            return None
        return self._taken(answer)

    def _die(self, death: WorkerDied, whose: str = "") -> None:
        self.killed = death.killed
        self.fail(f"{whose}{death.reason}", death.remedy)

    def _taken(self, answer: Answer[A]) -> A | None:
        """Return what an answer holds; a refusal ends the case."""
        refusal = answer.refusal
        if refusal is None:
            return answer.value
        if refusal.status is Status.FAILED and not refusal.expected:
            limit = f" (limit {self.worker.memory / 2**30:.1f} GiB)" if _out_of_memory(refusal.reason) else ""
            self.fail(f"{refusal.reason}{limit}", refusal.remedy or self.worker.remedy)
        else:
            self.ended = refusal.row(self.case)
        return None

    @contextlib.contextmanager
    def confined(self) -> Iterator[None]:
        """Fail the case, and no other, where what its process answered cannot be computed with."""
        try:
            yield
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            self.fail(f"its process gave figures that cannot be used: {reason_of(error)}", self.worker.remedy)

    def check(self) -> None:
        """Have the output verified: the exact figures, and what can be timed."""
        check_together([self])

    @property
    def approximate(self) -> bool:
        """Whether its plugin announces that it only approximates; known once it was verified."""
        return "approximate" in self.metrics

    def begin_judging(self, request: Request[Turn] | None) -> JudgeExchange | None:
        """Have the judge begin; None where the case is over or needs no judge."""
        if request is None or self.ended is not None or not isinstance(self.case, AttentionCase):
            return None
        exchange = JudgeExchange(self.judge.start(), self.worker)
        exchange.begin(request)
        return exchange

    def go_on_judging(self, exchange: JudgeExchange) -> bool:
        """Hand a question or an answer on; return whether the judgement goes on."""
        try:
            answer = exchange.go_on()
        except WorkerDied as death:
            if exchange.asked is self.worker:
                self.on_death(self.worker)
                self._die(death)
            else:
                self._die(death, "its judge is gone: ")
            self.judge.kill()  # it waits for an answer that nobody gives, or is gone
            return False
        if answer is not None and (turn := self._taken(answer)) is not None:
            self.metrics |= turn.metrics
        return answer is None

    def take_up(self, checked: Checked | None) -> None:
        """Go on with what was verified; nothing where the case is over."""
        if checked is not None:
            self.metrics |= checked.metrics
            self.operations = [
                TimedOperation(
                    **asdict(offered),
                    ask=self.ask,
                    is_alive=lambda: self.ended is None,
                    chance=random.Random(f"{self.worker.settings.run_seed} {self.case.id} {offered.name}"),
                    cpu_ns=lambda: self.worker.cpu_ns(),
                )
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
        notes = list(_notes(metrics))
        notes += [f"it printed {printed:,} bytes, which its time includes"] if printed else []
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

    def end(self, refusal: Refusal) -> None:
        """End the case, unless it is over; what was predicted stays in the row."""
        if self.ended is None:
            self.ended = refusal.row(self.case, self.predicted)

    def skip(self, reason: str, remedy: str) -> None:
        """End the case as skipped; what was predicted stays in the row."""
        self.ended = Refusal(status=Status.SKIPPED, reason=reason, remedy=remedy).row(self.case, self.predicted)


def _notes(metrics: Metrics) -> Iterator[str]:
    """Yield what a reader of the figures must know, in words."""
    if "mispredicted" in metrics:
        yield str(metrics["mispredicted"])
    if metrics.get("caches_whole_texts"):
        yield f"caches whole texts: {_times(metrics, 'repeat_speedup')} on the same text as on fresh text"
    if float(metrics.get("decode_repeat_speedup", 0.0)) > WHOLE_TEXTS:
        yield f"decode caches whole texts: {_times(metrics, 'decode_repeat_speedup')} on the same ids as on fresh ids"
    if notes := metrics.get("tokenizer_notes"):
        yield str(notes)
    if added := metrics.get("added_ids_per_text"):
        yield f"{added} id{'s are' if added != 1 else ' is'} added to every text"
    if (grown := float(metrics.get("call_growth_bytes", 0.0))) >= NOTED_GROWTH:
        yield f"memory grows by {in_bytes(grown)} with each call"


def _times(metrics: Metrics, name: str) -> str:
    faster = float(metrics[name])
    return f"{faster:,.{0 if faster >= 100 else 1}f} times as fast"


def check_together(runs: Sequence[CaseRun], *, epoch: int = 0, again: bool = False) -> None:
    """Have the outputs of cases verified at the same time: the exact figures, and what can be timed in an epoch.

    With `again` they passed in other processes.
    """
    for run, checked in _checked(runs, epoch, again=again):
        run.take_up(checked)


def check_again(runs: Sequence[CaseRun], epoch: int) -> None:
    """Have the outputs of cases verified in fresh processes, which go on with the same operations in an epoch.

    What is exact must be the same again.
    """
    for run, checked in _checked(runs, epoch, again=True):
        if checked is not None:
            run.compare_exact(run.metrics, checked.metrics)


def _checked(runs: Sequence[CaseRun], epoch: int, *, again: bool) -> Iterator[tuple[CaseRun, Checked | None]]:
    _judge_together({run: run.begin_judging(run.judge.request(run.case, epoch, again=again)) for run in runs})
    for run in runs:
        run.post(Verify())
    yield from [(run, run.collect()) for run in runs]


def judge_answers(runs: Sequence[CaseRun]) -> None:
    """Have the answers of timed calls judged that were kept; a wrong one ends its case."""
    exchanges: dict[CaseRun, JudgeExchange | None] = {}
    for run in runs:
        kept = next((found for each in run.operations if (found := each.release()) is not None), None)
        tensors = None if kept is None else run.ask(FetchAnswer())
        if kept is not None and tensors is not None:
            exchanges[run] = run.begin_judging(JudgeAnswer(tensors=tensors, **asdict(kept)))
    _judge_together(exchanges)


def judge_again(runs: Sequence[CaseRun]) -> None:
    """Have judged after timing what the answers of timed calls do not show."""
    _judge_together({run: run.begin_judging(JudgeAgain()) for run in runs})


def _judge_together(exchanges: Mapping[CaseRun, JudgeExchange | None]) -> None:
    going = {exchange: run for run, exchange in exchanges.items() if exchange is not None}
    while going:
        for exchange in ready(list(going)):
            if not going[exchange].go_on_judging(exchange):
                del going[exchange]


def _out_of_memory(reason: str) -> bool:
    """Python says MemoryError, torch a RuntimeError of this text; of a GPU's memory torch tells all that is known."""
    if "CUDA out of memory" in reason:
        return False
    return "MemoryError" in reason or "can't allocate memory" in reason
