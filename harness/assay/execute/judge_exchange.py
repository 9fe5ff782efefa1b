"""Judges at work: each asks the worker of its attention, and the host hands questions and answers on."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import Any

from assay.execute.worker import step_requests
from assay.execute.worker.process import Worker
from assay.execute.worker.protocol import Answer, Request
from assay.execute.worker.step_requests import GoOn, Turn
from assay.records.dataclass_json import read, to_json

QUESTIONS: Mapping[str, type[Request[Any]]] = {
    kind.__name__: kind
    for kind in (
        step_requests.Describe,
        step_requests.Offers,
        step_requests.BuildStep,
        step_requests.CallStep,
        step_requests.TakeInputs,
    )
}


@dataclass(slots=True, eq=False)
class JudgeExchange:
    """A judge and the worker that it asks; `asked` is the one whose turn it is, and `since` when."""

    judge: Worker
    worker: Worker
    asked: Worker = field(init=False)
    since: float = field(init=False)

    def begin(self, request: Request[Turn]) -> None:
        """Ask the judge for a judgement."""
        self._ask(self.judge, request)

    def go_on(self) -> Answer[Turn] | None:
        """Hand an answer on, or return the judge's last; raise `WorkerDied` where there is none in time."""
        answer = self.asked.collect(0.0)
        if self.asked is self.worker:
            self._ask(self.judge, GoOn(reply=to_json([answer.value, answer.refusal])))
        elif answer.value is None or answer.value.question is None:
            return answer
        else:
            name, content = json.loads(answer.value.question)
            self._ask(self.worker, read(QUESTIONS[name], content))
        return None

    def _ask(self, whom: Worker, request: Request[Any]) -> None:
        self.asked, self.since = whom, time.monotonic()
        whom.post(request)


def ready(exchanges: Sequence[JudgeExchange]) -> list[JudgeExchange]:
    """Wait until some can go on: a whole answer is there, or its time is over."""
    ends = [each.since + each.asked.settings.timeout_s for each in exchanges]
    lines = [each.asked.fileno() for each in exchanges]
    while True:
        begun = wait(lines, max(0.0, min(ends) - time.monotonic()))
        now = time.monotonic()
        several = zip(exchanges, lines, ends, strict=True)
        found = [each for each, line, end in several if (line in begun and each.asked.arrived()) or end <= now]
        if found:
            return found
