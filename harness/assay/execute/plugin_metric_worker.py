"""The process in which metrics of plugins are computed: whatever one does there costs its own figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.protocol import Answer, StepName
from assay.records.results import Measurement, Metrics, Status, TokenizerCase
from assay.records.serialization import case_to_json, row_to_json

MOST_DEATHS = 2


@dataclass(frozen=True, slots=True)
class _Offer:
    """A metric as the process announces it: whose it is, and whether it looks at tokens, at rows, or at both."""

    name: str
    origin: str
    block: str
    of_tokens: bool
    of_row: bool


class PluginMetricWorker:
    """Adds figures to rows that are done, in a process apart from those that are timed.

    There a tokenizer is built again, and encodes its documents once more. A metric that ends the process, or gives no
    answer in time, is asked again about the next row, in a new process; after the second time it is not.
    """

    def __init__(
        self, names: Sequence[str], start: Callable[[], Worker], setup: Callable[[Worker], Mapping[str, Any]]
    ) -> None:
        """For the metrics of these names; nothing is started before a row is there."""
        self._names, self._start, self._setup = tuple(names), start, setup
        self._worker: Worker | None = None
        self._offers: tuple[_Offer, ...] | None = None
        self._deaths: dict[str, int] = {}
        self._loaded = False
        self._unbuilt: Answer | None = None

    def add(self, row: Measurement) -> Measurement:
        """Give a row with the figures that it gets; what went wrong is told in its reason."""
        case = row.case
        if not self._names or row.status is not Status.OK or (isinstance(case, TokenizerCase) and case.limit):
            return row
        found = Metrics()
        notes: dict[str, None] = {}
        remedies = dict.fromkeys([row.remedy] if row.remedy else ())
        self._loaded, self._unbuilt = False, None
        for offer in self._concerned(row, notes):
            answer = self._figure(offer, row)
            if answer.status is Status.OK:
                found |= {offer.name: answer.content["value"]}
            else:
                notes[f"metric {offer.name} of {offer.origin} failed: {answer.reason}"] = None
                remedies[answer.remedy or f"mend it, or leave it out with --block {offer.block}"] = None
        if self._loaded and self._worker is not None:
            self._ask("unload")
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

    def _concerned(self, row: Measurement, notes: dict[str, None]) -> Iterator[_Offer]:
        """The metrics that look at rows of this kind; a note where the process cannot even say which there are."""
        if self._offers is None:
            answer = self._begun({})
            answer = self._ask("metrics", names=list(self._names)) if answer.status is Status.OK else answer
            if answer.status is not Status.OK:
                notes[f"metrics of plugins failed: {answer.reason}"] = None
                return
            self._offers = tuple(_Offer(**each) for each in answer.content.get("metrics", ()))
        tokens = isinstance(row.case, TokenizerCase)
        yield from (offer for offer in self._offers if offer.of_row or (tokens and offer.of_tokens))

    def _figure(self, offer: _Offer, row: Measurement) -> Answer:
        """What one metric answers, or why it does not."""
        if self._deaths.get(offer.name, 0) >= MOST_DEATHS:
            return _failed(f"it ended its process {MOST_DEATHS} times in this run and is not asked again")
        tokens = offer.of_tokens and isinstance(row.case, TokenizerCase)
        if tokens and not self._loaded:
            answer = self._unbuilt or self._begun(
                {"case": case_to_json(row.case), "documents": _drawn(row), "again": True}
            )
            if answer.status is not Status.OK:
                self._unbuilt = answer
                return _failed(f"the tokenizer cannot be built a second time: {answer.reason}")
            self._loaded = True
        elif self._worker is None and (answer := self._begun({})).status is not Status.OK:
            return answer
        answer = self._ask("metric", name=offer.name, row=row_to_json(row))
        if self._worker is None:
            self._deaths[offer.name] = self._deaths.get(offer.name, 0) + 1
        return answer

    def _begun(self, work: Mapping[str, Any]) -> Answer:
        """Have the process, started if there is none, take up what a metric is computed from."""
        self._worker = self._worker or self._start()
        return self._ask("load", work=work, setup=self._setup(self._worker))

    def _ask(self, step: StepName, **arguments: Any) -> Answer:
        """Take a step; a process that dies of it is gone, and that is a failure."""
        assert self._worker is not None, "a process is begun first"
        try:
            return self._worker.ask(step, **arguments)
        except WorkerDied as death:
            self.kill()
            self._loaded = False
            return _failed(death.reason)


def _failed(reason: str | None) -> Answer:
    return Answer(content={}, status=Status.FAILED, reason=reason)


def _drawn(row: Measurement) -> int | None:
    """How many documents the sample of a row has; None for all."""
    drawn = row.value("sample_documents")
    return None if drawn is None else int(drawn)
