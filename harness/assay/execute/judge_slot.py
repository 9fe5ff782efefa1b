"""The judge of one plugin: a process that is started when it is first needed, and outlives those of the plugin."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from assay.execute.worker.fork_server import ForkServer
from assay.execute.worker.process import Worker
from assay.execute.worker.step_requests import JudgeStep
from assay.records.results import AttentionCase, Case
from assay.records.settings import Settings

JUDGE = "assay.execute.worker.judge"


@dataclass(slots=True, eq=False)
class JudgeSlot:
    """Where the judge of a plugin is, and the files through which tensors go to the plugin's process and back.

    `name` tells plugins apart, `folder` is where the files lie. The judge is a copy of a `server` where one is given.
    """

    name: str
    folder: str
    settings: Settings
    server: Callable[[], ForkServer | None]
    _worker: Worker | None = field(init=False, default=None)

    @property
    def file(self) -> str:
        """What the names of the files begin with."""
        return str(Path(self.folder, self._key))

    def start(self) -> Worker:
        """Return the judge; its memory is not limited as that of a plugin is."""
        if self._worker is None:
            settings = replace(self.settings, memory_bytes=None)
            self._worker = Worker("report it to assay", settings, module=JUDGE, server=self.server())
        return self._worker

    def request(self, case: Case, epoch: int, *, again: bool) -> JudgeStep | None:
        """Return what the judge is asked about an attention; None for a tokenizer."""
        if not isinstance(case, AttentionCase):
            return None
        return JudgeStep(
            workload=case.workload.of_step,
            seed=self.settings.run_seed or 0,
            epoch=epoch,
            again=again,
            folder=self.folder,
            key=self._key,
            threads=self.settings.threads,
        )

    def kill(self) -> None:
        """End the judge; it is started anew when it is needed."""
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    @property
    def _key(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()[:16]
