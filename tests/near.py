"""Processes of a run that are none: a worker and a judge that answer within the test."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from assay.errors import AssayError, guard
from assay.execute.case_run import CaseRun
from assay.execute.judge_slot import JudgeSlot
from assay.execute.worker.judge import Judge
from assay.execute.worker.main import BenchServer
from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.protocol import Answer, Request
from assay.measure.attention_subject import AttentionSubject
from assay.measure.bench import Bench
from assay.plugins.host import Host
from assay.plugins.types import AttentionPlugin
from assay.records.refusal import Refusal
from assay.records.results import AttentionCase
from assay.records.settings import Settings
from assay.records.workload import Workload

PATIENT = Settings(timeout_s=20.0)


def refuse(error: AssayError) -> Answer[Any]:
    return Answer(refusal=Refusal.of(error))


@dataclass(eq=False)
class Near:
    """Answers a request as soon as it is posted; `deaf` to some, of which it `dies` or never answers."""

    handlers: Mapping[type[Request[Any]], Callable[[Any], object]]
    refuse: Callable[[AssayError], Answer[Any]] = refuse
    settings: Settings = PATIENT
    deaf: tuple[type[Request[Any]], ...] = ()
    dies: bool = True
    remedy: str = "fix it"
    memory: int = 8 << 30
    killed: bool = False
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._read, self._write = os.pipe()
        self._answers: list[Answer[Any] | None] = []

    def post(self, request: Request[Any]) -> None:
        self.asked.append(type(request).__name__)
        if isinstance(request, self.deaf):
            if self.dies:
                os.write(self._write, b".")  # the end of a line can be read too
            self._answers.append(None)
            return
        try:
            with guard():
                self._answers.append(Answer(self.handlers[type(request)](request)))
        except AssayError as error:
            self._answers.append(self.refuse(error))
        os.write(self._write, b".")

    def fileno(self) -> int:
        return self._read

    def arrived(self) -> bool:
        return True

    def collect(self, wait_s: float | None = None) -> Answer[Any]:
        answer = self._answers.pop()
        if answer is None:
            raise WorkerDied("died", "it died", self.remedy)
        os.read(self._read, 1)
        return answer

    def printed(self) -> int:
        return 0

    def cpu_ns(self) -> int | None:
        return None

    def kill(self) -> None:
        self.killed = True


@dataclass(eq=False)
class Scene:
    """A case of an attention on its way, its worker, its judge, and whom the run took for dead."""

    run: CaseRun
    worker: Near
    judge: Near
    subject: AttentionSubject
    dead: list[object]


def scene(folder: Path, plugin: AttentionPlugin, workload: Workload, *, seed: int = 0) -> Scene:
    """Make one that has loaded its case."""
    settings = Settings(run_seed=seed, timeout_s=20.0)
    case = AttentionCase(attention=plugin.name, workload=workload)
    server, bench = BenchServer(), Bench(Host((), ()))
    bench._subject = subject = AttentionSubject(plugin, case, None)
    server._loaded = bench
    slot = JudgeSlot(plugin.name, str(folder), settings, lambda: None)
    server._steps.open(slot.file)
    worker = Near(server.handlers, server.refuse, settings)
    judge = Near(Judge().handlers, settings=settings, remedy="report it to assay")
    slot._worker = cast("Worker", judge)
    dead: list[object] = []
    run = CaseRun(case=case, worker=cast("Worker", worker), on_death=dead.append, judge=slot)
    return Scene(run, worker, judge, subject, dead)
