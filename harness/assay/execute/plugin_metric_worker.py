"""The process in which metrics of plugins are computed: whatever one does there costs its own figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.protocol import Answer, Request
from assay.execute.worker.requests import ComputeMetric, Load, NameMetrics, OfferedMetric, Setup, Unload
from assay.records.refusal import Refusal
from assay.records.results import Measurement, Metrics, Status, TokenizerCase, Value

A = TypeVar("A")
MOST_DEATHS = 2


class PluginMetricWorker:
    """Adds figures to rows that are done, in a process apart from those that are timed.

    There a tokenizer is built again, and encodes its documents once more. A metric that ends the process, or gives no
    answer in time, is asked again about the next row, in a new process; after the second time it is not.
    """

    def __init__(self, names: Sequence[str], start: Callable[[], Worker], setup: Callable[[], Setup]) -> None:
        """For the metrics of these names; nothing is started before a row is there."""
        self._names, self._start, self._setup = tuple(names), start, setup
        self._worker: Worker | None = None
        self._offers: tuple[OfferedMetric, ...] | None = None
        self._deaths: dict[str, int] = {}
        self._killed = False
        self._excused: set[str] = set()
        self._loaded = False
        self._unbuilt: Refusal | None = None

    def add(self, row: Measurement) -> Measurement:
        """Return a row with the figures that it gets; what went wrong is told in its reason."""
        case = row.case
        if not self._names or row.status is not Status.OK or case.edge_case:
            return row
        found = Metrics()
        notes: dict[str, None] = {}
        remedies = dict.fromkeys([row.remedy] if row.remedy else ())
        self._loaded, self._unbuilt = False, None
        for offer in self._concerned(row, notes):
            answer = self._compute(offer, row)
            if answer.refusal is not None:
                notes[f"metric {offer.name} of {offer.origin} failed: {answer.refusal.reason}"] = None
                remedies[answer.refusal.remedy or offer.remedy] = None
            else:
                found |= {offer.name: answer.value}
        if self._loaded and self._worker is not None:
            self._ask(Unload())
        reason = "; ".join([*([row.reason] if row.reason else []), *notes])
        remedy = "; ".join(remedies)
        return replace(row, metrics=row.metrics | found, reason=reason or None, remedy=remedy or None)

    def stop(self) -> None:
        """End the process; the next row starts a new one."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def kill(self) -> None:
        """End the process at once."""
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def _concerned(self, row: Measurement, notes: dict[str, None]) -> Iterator[OfferedMetric]:
        """The metrics that look at rows of this kind; a note where the process cannot even say which there are."""
        if self._offers is None:
            refusal = self._load(Load(setup=self._setup()))
            if refusal is None:
                answer = self._ask(NameMetrics(names=self._names))
                refusal, self._offers = answer.refusal, answer.value
            if refusal is not None:
                notes[f"metrics of plugins failed: {refusal.reason}"] = None
        tokens = isinstance(row.case, TokenizerCase)
        yield from (offer for offer in self._offers or () if offer.of_row or (tokens and offer.of_tokens))

    def _compute(self, offer: OfferedMetric, row: Measurement) -> Answer[Value | None]:
        if self._deaths.get(offer.name, 0) >= MOST_DEATHS:
            reason = f"it ended its process {MOST_DEATHS} times in this run and is not asked again"
            return Answer(refusal=Refusal(reason=reason))
        if offer.of_tokens and isinstance(row.case, TokenizerCase) and not self._loaded:
            load = Load(setup=self._setup(), case=row.case, documents=_sampled(row), again=True)
            self._unbuilt = self._unbuilt or self._load(load)
            if self._unbuilt is not None:
                reason = f"the tokenizer cannot be built a second time: {self._unbuilt.reason}"
                return Answer(refusal=Refusal(reason=reason))
            self._loaded = True
        elif self._worker is None and (refusal := self._load(Load(setup=self._setup()))) is not None:
            return Answer(refusal=refusal)
        answer = self._ask(ComputeMetric(name=offer.name, row=row))
        if self._worker is None and self._killed and offer.name not in self._excused:  # perhaps by somebody else
            self._excused.add(offer.name)
            return self._compute(offer, row)
        if self._worker is None:
            self._deaths[offer.name] = self._deaths.get(offer.name, 0) + 1
        return answer

    def _load(self, request: Load) -> Refusal | None:
        """Have the process, started if there is none, take up what a metric is computed from."""
        self._worker = self._worker or self._start()
        return self._ask(request).refusal

    def _ask(self, request: Request[A]) -> Answer[A]:
        """Take a step; a process that dies of it is gone, and that is a failure."""
        assert self._worker is not None, "a process is started first"
        try:
            return self._worker.ask(request)
        except WorkerDied as death:
            self.kill()
            self._loaded, self._killed = False, death.killed
            return Answer(refusal=Refusal(reason=death.reason))


def _sampled(row: Measurement) -> int | None:
    """How many documents the sample of a row has; None for all."""
    documents = row.value("sample_documents")
    return None if documents is None else int(documents)
