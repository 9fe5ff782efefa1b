"""The process of one side of a check: it serves every case, and is started afresh for each epoch."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from assay.comparison.sides import SideEnvironment
from assay.environment import cache
from assay.execute.case_run import CaseRun
from assay.execute.plugin_metric_worker import PluginMetricWorker
from assay.execute.worker.process import Place, Worker, WorkerDied
from assay.records.results import Case
from assay.records.serialization import case_to_json
from assay.records.settings import Settings


class SideProcess:
    """A side of a check and its present process, if it has one."""

    def __init__(self, side: SideEnvironment, settings: Settings, core: int | None) -> None:
        self.side = side
        self.settings = settings
        self.core = core
        self.seed = settings.seed
        self.padding = 0
        self._worker: Worker | None = None
        self.adding = PluginMetricWorker([metric.name for metric in settings.metrics], self._started, self._setup)

    def renew(self, seed: int, padding: int) -> None:
        """Begin a new epoch: the next process has this hash seed, and so many bytes more of environment."""
        self.leave()
        self.seed, self.padding = seed, padding

    def start(self) -> Worker:
        """Give the process, started if there is none."""
        if self._worker is None:
            self._worker = self._started()
        return self._worker

    def begin(self, case: Case) -> CaseRun:
        """Take up a case."""
        return CaseRun(case=case, worker=self.start(), died=self._buried)

    def load(self, item: CaseRun, *, again: bool) -> None:
        """Have the process load a case, `again` when it has passed the gate in another; `collect` ends that."""
        item.post("load", work={"case": case_to_json(item.case), "again": again}, setup=self._setup(item.worker))

    def names(self) -> Mapping[str, Mapping[str, str | None]]:
        """Give the names of this side's tokenizers and attentions, with the distributions that they come from.

        Nothing where its process is gone, or has loaded no case.
        """
        try:
            return {} if self._worker is None else self._worker.ask("names").content
        except WorkerDied:
            self.kill()
            return {}

    def leave(self) -> None:
        """End the process, and that of metrics, politely."""
        self.adding.stop()
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def kill(self) -> None:
        """End the process, and that of metrics, at once."""
        self.adding.kill()
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def _started(self) -> Worker:
        place = Place(
            python=self.side.python,
            paths=self.side.paths,
            folder=self.side.folder,
            seed=self.seed,
            padding=self.padding,
            # Where none may lie beside the sources, one side would have it, from pip, and the other would not.
            bytecode=str(cache.folder() / "bytecode") if os.environ.get("PYTHONDONTWRITEBYTECODE") else None,
        )
        return Worker(f"mend it in {self.side.name}", self.settings, place)

    def _setup(self, worker: Worker) -> Mapping[str, Any]:
        plugins: Sequence[str] = self.side.plugins
        return {
            "memory": worker.memory,
            "core": self.core,
            "grid": False,
            "plugins": list(plugins),
            "block": list(self.settings.block),
            "load": self.settings.load,
        }

    def _buried(self, worker: Worker) -> None:
        worker.kill()
        if self._worker is worker:
            self._worker = None
