"""All workers of a run: started when they are first needed, restarted once, never left behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from assay.environment import shared_memory
from assay.environment.cpu_affinity import one_core
from assay.execute.judge_slot import JudgeSlot
from assay.execute.plugin_metric_worker import PluginMetricWorker
from assay.execute.refused import plugin_of, refused
from assay.execute.timed_operation import TimedOperation
from assay.execute.worker.environment import WorkerEnvironment
from assay.execute.worker.fork_server import SERVERS, ForkServers
from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.protocol import Request
from assay.execute.worker.requests import Load, PluginSelection, Setup, Verify
from assay.plugins.host import Host
from assay.records.refusal import Refusal
from assay.records.results import AttentionCase, Case
from assay.records.serialization import kind_of
from assay.records.settings import Settings
from assay.records.temporary import temporary_folder
from assay.stats.noise_floor import DUPLICATE, PROBE

A = TypeVar("A")
MOST_DEATHS = 2
PROBE_NS = 2_000_000
TORCH, TORCH_PROBES = "torch probes", ("gemm", "stream", "own-copy")


class WorkerPool:
    """A worker for each plugin, up to three for the machine probes, and one for metrics of plugins where there are any.

    `core` is the one on which all are timed, None for any.
    """

    def __init__(self, host: Host, settings: Settings) -> None:
        self.host = host
        self.settings = settings
        self._workers: dict[str, Worker] = {}
        self._deaths: dict[str, int] = {}
        self._killed: set[str] = set()
        self._probes: dict[str, TimedOperation] = {}
        self._dtype_device = ""
        self._judges: dict[str, JudgeSlot] = {}
        self._folder = temporary_folder(shared_memory.folder())
        self._servers = ForkServers(WorkerEnvironment(seed=settings.seed), settings.threads)
        self.core = one_core() if settings.threads == 1 else None
        self.setup = Setup(plugins=PluginSelection.of(settings, host), core=self.core, grid=settings.grid)
        self.metric_worker = PluginMetricWorker(
            [metric.name for metric in settings.metrics],
            lambda: Worker("leave out the metrics of plugins with --metrics none", settings),
            lambda: self.setup,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.shutdown()
        for worker in self._workers.values():
            worker.kill()
        for judge in self._judges.values():
            judge.kill()
        self._workers = {}
        self._servers.stop()
        self.metric_worker.kill()
        self._folder.cleanup()

    def judge(self, case: Case) -> JudgeSlot:
        """Return where the judge of a case's plugin is."""
        key = _key(case)
        if key not in self._judges:
            server = partial(self._servers.get, 0, torch=True)
            self._judges[key] = JudgeSlot(key, self._folder.name, self.settings, server)
        return self._judges[key]

    def refusal(self, case: Case) -> Refusal | None:
        """Return why a case cannot even begin, or None."""
        refusal = refused(self.host, case)
        if refusal is not None:
            return refusal
        if not case.edge_case and self._deaths.get(_key(case), 0) >= MOST_DEATHS:
            reason = f"its process died {MOST_DEATHS} times in this run and is not started again"
            return Refusal(reason=reason, remedy=self._remedy(case))
        return None

    def prepare(self, epochs: int, *, at_once: bool) -> None:
        """Have the servers import torch for so many epochs, meanwhile; the first `at_once`, where it is waited for."""
        self._servers.prepare(min(epochs, SERVERS), self.core, at_once=at_once)

    def worker(self, case: Case) -> Worker:
        """Return the worker of a case's plugin, started if need be."""
        key = _key(case)
        if key not in self._workers:
            self._workers[key] = self._start(self._remedy(case), torch=isinstance(case, AttentionCase))
        return self._workers[key]

    def second(self, case: Case) -> Worker:
        """Start one more process for the plugin of a case, with other hashes."""
        key = f"second {_key(case)}"
        self._workers[key] = self._start(self._remedy(case), torch=isinstance(case, AttentionCase), number=SERVERS - 1)
        return self._workers[key]

    def end_second(self, case: Case) -> None:
        """End that process, unless it is gone."""
        worker = self._workers.pop(f"second {_key(case)}", None)
        if worker is not None:
            worker.kill()

    def mark_dead(self, worker: Worker, *, counted: bool = True) -> None:
        """Take note that a worker died or was given up; `counted` against its plugin."""
        for key, known in list(self._workers.items()):
            if known is worker:
                worker.kill()
                del self._workers[key]
                self._deaths[key] = self._deaths.get(key, 0) + counted

    def try_again(self, case: Case) -> bool:
        """Whether to try a case again whose process somebody killed: the first time for its plugin in this run.

        Its deaths so far do not count against the plugin, which may have nothing to do with them.
        """
        key = _key(case)
        if key in self._killed:
            return False
        self._killed.add(key)
        self._deaths.pop(key, None)
        return True

    def died_before(self, case: Case) -> bool:
        """Whether the plugin of a case has a new process because an earlier one died."""
        return self._deaths.get(_key(case), 0) > 0 or _key(case) in self._killed

    def restart(self, case: Case, epoch: int) -> Worker:
        """Return a fresh process for an epoch, in place of the worker of a case."""
        self._workers.pop(_key(case)).kill()
        started = self._start(self._remedy(case), torch=isinstance(case, AttentionCase), number=epoch)
        self._workers[_key(case)] = started
        return started

    def restart_probes(self, epoch: int, dtype_device: str = "") -> None:
        """Have fresh processes for the Python probes of an epoch, the same operations sampling in them.

        Those of torch stay: nothing is told by how much they differ.
        """
        before = dict(self._probes)
        for name in ("probes", "duplicate"):
            if name in self._workers:
                self._workers.pop(name).kill()
        self._probes = {name: probe for name, probe in self._probes.items() if name in TORCH_PROBES}
        for name, fresh in self.probes(dtype_device, epoch).items():
            if name in before and name not in TORCH_PROBES:
                before[name].ask, before[name].is_alive = fresh.ask, fresh.is_alive
                before[name].warm_up(PROBE_NS)
                self._probes[name] = before[name]

    def shutdown(self) -> None:
        """Stop all workers; those that are needed again start afresh."""
        for worker in self._workers.values():
            worker.stop()
        for judge in self._judges.values():
            judge.kill()
        self._workers, self._probes = {}, {}
        self._servers.stop()
        self.metric_worker.stop()

    def probes(self, dtype_device: str = "", epoch: int = 0) -> dict[str, TimedOperation]:
        """Return the machine probes by name; the duplicate is the Python loop once more, in another process.

        Those of a `dtype/device/bytes` such as `f32/cpu/786432` have a process of their own: one with torch in it runs
        the loop 7 % slower. The next ones take the place of those.
        """
        if PROBE not in self._probes:
            self._probes |= self._offered("probes", epoch)
        if DUPLICATE not in self._probes:
            duplicate = self._offered("duplicate", epoch + 1)  # a copy of the same server would be too alike
            if PROBE in duplicate:
                self._probes[DUPLICATE] = duplicate[PROBE]
        if dtype_device and (dtype_device != self._dtype_device or TORCH not in self._workers):
            self._probes = {name: probe for name, probe in self._probes.items() if name not in TORCH_PROBES}
            self._dtype_device = dtype_device
            self._probes |= self._offered(TORCH, epoch, dtype_device)
        alive = {name: probe for name, probe in self._probes.items() if probe.alive}
        return {name: probe for name, probe in alive.items() if dtype_device or name not in TORCH_PROBES}

    def _start(self, remedy: str, *, torch: bool, number: int = 0) -> Worker:
        """Start a worker as a copy of one of three servers, which have other hash seeds and stacks."""
        return Worker(remedy, self.settings, server=self._servers.get(number % SERVERS, torch=torch))

    def _offered(self, name: str, number: int, dtype_device: str = "") -> dict[str, TimedOperation]:
        """Start a worker for probes, unless it is there, and return the operations that it offers."""
        if name not in self._workers:
            self._workers[name] = self._start("report it to assay", torch=bool(dtype_device), number=number)
        worker = self._workers[name]
        ask = partial(self._ask, worker)

        def alive() -> bool:
            return worker in self._workers.values()

        ask(Load(setup=self.setup, probes=dtype_device, threads=self.settings.threads))
        checked = ask(Verify()) if alive() else None
        return {
            offered.name: TimedOperation(**asdict(offered), ask=ask, is_alive=alive, judged=False)
            for offered in (() if checked is None else checked.operations)
        }

    def _remedy(self, case: Case) -> str:
        return self.host.remedy(plugin_of(self.host, case))

    def _ask(self, worker: Worker, request: Request[A]) -> A | None:
        try:
            return worker.ask(request).value
        except WorkerDied:
            self.mark_dead(worker)
            return None


def probe_pairs(probes: Mapping[str, TimedOperation]) -> Iterator[tuple[TimedOperation, TimedOperation]]:
    """Pair every probe with itself, and the duplicate with what it is the duplicate of."""
    for name, probe in probes.items():
        yield probe, probes.get(PROBE, probe) if name == DUPLICATE else probe


def _key(case: Case) -> str:
    return f"{kind_of(case)}:{case.plugin}"
