"""The process of one side of a check: it serves every case, and is started afresh for each epoch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from assay.comparison.sides import SideEnvironment
from assay.environment import cache
from assay.execute.case_run import CaseRun
from assay.execute.judge_slot import JudgeSlot
from assay.execute.plugin_metric_worker import PluginMetricWorker
from assay.execute.worker.environment import WorkerEnvironment
from assay.execute.worker.fork_server import SERVERS, ForkServers
from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.requests import Load, NamePlugins, PluginSelection, Setup, TryPlugins
from assay.plugins.isolation import brief
from assay.records.results import Case
from assay.records.settings import Settings

TRIALS = 10  # of eight plugins each, for which there is time


class SideProcess:
    """A side of a check and its present process, if it has one."""

    def __init__(
        self, side: SideEnvironment, settings: Settings, core: int | None, judge: JudgeSlot, *, torch: bool = False
    ) -> None:
        """With `torch` processes are copies of three servers that have imported it, which takes seconds.

        Attentions are judged in the process of `judge`, which is the host's and not the side's.
        """
        self.judge = judge
        self.side = side
        self.settings = settings
        self.core = core
        self.seed = settings.seed
        self.padding = 0
        self.torch = torch
        self.number = 0
        self.unsafe: Mapping[str, str] = {}
        self._servers = ForkServers(self._environment(), settings.threads)
        self._worker: Worker | None = None
        names = [metric.name for metric in settings.metrics]
        self.metric_worker = PluginMetricWorker(names, self._started, self._setup)

    def restart(self, number: int, seed: int, padding: int) -> None:
        """Begin a new epoch: the next process has this hash seed, and so many bytes more of environment.

        A copy of a server has the server's, which depend on the number.
        """
        self.stop()
        self.number, self.seed, self.padding = number, seed, padding

    def start(self) -> Worker:
        """Return the process, started if there is none."""
        if self._worker is None:
            self._worker = self._started()
        return self._worker

    def try_plugins(self) -> None:
        """Have the process try the plugins of this side; what is unsafe to load is loaded in none of its processes."""
        trial_s = brief(self.settings.timeout_s)
        try:
            worker = self.start()
            worker.post(TryPlugins(setup=self._setup(), trial_s=trial_s))
            self.unsafe = worker.collect(TRIALS * trial_s).value or {}
        except WorkerDied:  # as it will with each case, whose rows say so
            self.kill()

    def begin(self, case: Case) -> CaseRun:
        """Take up a case."""
        return CaseRun(case=case, worker=self.start(), on_death=self._mark_dead, judge=self.judge)

    def load(self, run: CaseRun, *, again: bool) -> None:
        """Have the process load a case, `again` when it was verified in another; `collect` ends that."""
        run.post(Load(setup=self._setup(), case=run.case, again=again, file=self.judge.file))

    def names(self) -> Mapping[str, Mapping[str, str | None]]:
        """Return the names of this side's tokenizers and attentions, with the distributions that they come from.

        Nothing where its process is gone, or has loaded no case.
        """
        try:
            return (None if self._worker is None else self._worker.ask(NamePlugins()).value) or {}
        except WorkerDied:
            self.kill()
            return {}

    def stop(self) -> None:
        """End the process, and that of metrics, politely."""
        self.metric_worker.stop()
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def close(self) -> None:
        """End the process, that of metrics, the judge, and the servers."""
        self.stop()
        self.judge.kill()
        self._servers.stop()

    def kill(self) -> None:
        """End the process, and that of metrics, at once."""
        self.metric_worker.kill()
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def _started(self) -> Worker:
        server = self._servers.get(self.number % SERVERS, torch=True) if self.torch else None
        return Worker(f"fix it in {self.side.name}", self.settings, self._environment(), server=server)

    def _environment(self) -> WorkerEnvironment:
        return WorkerEnvironment(
            python=self.side.python,
            paths=self.side.paths,
            folder=self.side.folder,
            seed=self.seed,
            padding=self.padding,
            # Where none may lie beside the sources, one side would have it, from pip, and the other would not.
            bytecode=str(cache.folder() / "bytecode") if os.environ.get("PYTHONDONTWRITEBYTECODE") else None,
        )

    def _setup(self) -> Setup:
        moved = dict(zip(self.settings.plugins, self.side.plugins, strict=False))
        block = (*(moved.get(name, name) for name in self.settings.block), *self.unsafe)
        plugins = replace(PluginSelection.of(self.settings), plugins=self.side.plugins, block=block)
        return Setup(plugins=plugins, core=self.core)

    def _mark_dead(self, worker: Worker) -> None:
        worker.kill()
        if self._worker is worker:
            self._worker = None
