"""The judge: a process that never loads the plugin it judges, and asks for calls of it through the host."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import torch
from torch import Tensor

from assay.attention.calls import Candidate
from assay.attention.inputs import EmbeddedText
from assay.attention.verification import Verification
from assay.errors import AssayError, PluginFailed, guard
from assay.execute.worker.remote_step import RemoteStep, StepLine
from assay.execute.worker.serve import Handlers, serve
from assay.execute.worker.step_requests import Describe, GoOn, JudgeAgain, JudgeAnswer, JudgeStep, Offers, Turn
from assay.plugins.types import Weights
from assay.records.results import Metrics
from assay.records.workload import TextSource, Workload


class Judge:
    """Judges one attention after the other; each judgement runs in a thread, which waits while the host asks."""

    def __init__(self) -> None:
        self._turns: SimpleQueue[Turn | AssayError] = SimpleQueue()
        self._answers: SimpleQueue[str] = SimpleQueue()
        self._line: StepLine | None = None
        self._verification: Verification | None = None
        self._held: dict[tuple[str, str], tuple[str, ...]] = {}
        self._texts: dict[TextSource, EmbeddedText] = {}

    @property
    def handlers(self) -> Handlers:
        """What answers each request."""
        return {
            JudgeStep: lambda request: self._start(lambda: self._judge(request)),
            JudgeAnswer: lambda request: self._start(lambda: self._judge_answer(request)),
            JudgeAgain: lambda request: self._start(self._judge_again),
            GoOn: self._go_on,
        }

    def _start(self, work: Callable[[], Metrics]) -> Turn:
        def run() -> None:
            try:
                with guard(lambda reason: PluginFailed(f"its judge failed: {reason}")):
                    self._turns.put(Turn(metrics=work()))
            except AssayError as error:
                self._turns.put(error)

        threading.Thread(target=run, daemon=True).start()
        return self._next()

    def _go_on(self, request: GoOn) -> Turn:
        self._answers.put(request.reply)
        return self._next()

    def _next(self) -> Turn:
        turn = self._turns.get()
        if isinstance(turn, AssayError):
            raise turn
        return turn

    def _ask(self, question: str) -> str:
        self._turns.put(Turn(question=question))
        return self._answers.get()

    def _judge(self, request: JudgeStep) -> Metrics:
        torch.set_num_threads(request.threads)
        if self._line is None:
            self._line = StepLine(self._ask, Path(request.folder, request.key))
        line, workload = self._line, request.workload
        described = line.ask(Describe(known=workload.source in self._texts))
        if described.ids and workload.source is not None:
            self._texts[workload.source] = EmbeddedText(described.ids, described.vocab_size)

        def build(one: Workload, weights: Weights | None) -> RemoteStep:
            return RemoteStep(line, one, weights)

        self._verification = verification = Verification(
            candidate=Candidate(
                name=described.name,
                build=build,
                offers=lambda one: line.ask(Offers(workload=one)),
                compiles=described.compiles,
                empty_rows=described.empty_rows,
                approximate=described.approximate,
            ),
            workload=workload,
            text=None if workload.source is None else self._texts[workload.source],
            seed=request.seed,
            held=self._held,
        )
        metrics = Metrics()
        if request.again:
            verification.admit_again()
        else:
            metrics = verification.admit()
        timed = verification.timed_inputs(request.epoch)
        assert isinstance(verification.run, RemoteStep), "it was built by this process"
        verification.run.take_inputs(timed.inputs, timed.upstream, timed.seed)
        return metrics

    def _judge_answer(self, request: JudgeAnswer) -> Metrics:
        assert self._line is not None, "a step is judged first"
        assert self._verification is not None, "a step is judged first"
        found: tuple[Tensor, ...] = self._line.received(request.tensors, self._verification.workload)
        self._verification.check_answer(found, request.seed, request.iterations, request.call)
        return Metrics()

    def _judge_again(self) -> Metrics:
        assert self._verification is not None, "a step is judged first"
        self._verification.recheck()
        return Metrics()


def main(descriptor: int, memory: int) -> None:
    """Judge what the host asks for, until it goes away."""
    serve(descriptor, memory, Judge().handlers)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
