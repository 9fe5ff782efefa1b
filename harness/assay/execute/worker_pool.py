"""All workers of a run: started when they are first needed, restarted once, never left behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Any, Self

from assay.corpus.loading import find
from assay.errors import reason_of
from assay.execute.plugin_metric_worker import PluginMetricWorker
from assay.execute.timed_operation import TimedOperation
from assay.execute.worker.cpu_affinity import one_core, pinned
from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.protocol import Answer
from assay.plugins.host import Host
from assay.plugins.types import AttentionPlugin, Provided, TokenizerPlugin
from assay.records.results import AttentionCase, Case, Status, TokenizerCase
from assay.records.serialization import kind_of
from assay.records.settings import Settings
from assay.stats.noise_floor import ANCHOR, TWIN

MOST_DEATHS = 2
ANCHOR_NS = 2_000_000
ARITHMETIC = ("gemm", "stream")


class WorkerPool:
    """A worker for each plugin, up to three for the anchors, and one for metrics of plugins where there are any."""

    def __init__(self, host: Host, settings: Settings) -> None:
        self.host = host
        self.settings = settings
        self._workers: dict[str, Worker] = {}
        self._deaths: dict[str, int] = {}
        self._anchors: dict[str, TimedOperation] = {}
        self._arithmetic = ""
        self._core = one_core() if settings.threads == 1 else None
        self.adding = PluginMetricWorker(
            [metric.name for metric in settings.metrics],
            lambda: Worker("leave out the metrics of plugins with --metrics none", settings),
            self.setup,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.dismiss()
        for worker in self._workers.values():
            worker.kill()
        self._workers = {}
        self.adding.kill()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Have the host wait on the core on which the workers are timed: waking another core costs more time."""
        with pinned(self._core):
            yield

    def refusal(self, case: Case) -> Answer | None:
        """Say why a case cannot even begin, or None."""
        plugin: Provided
        if isinstance(case, AttentionCase):
            attention = self.host.one(AttentionPlugin, case.attention)
            try:
                reason = attention.unsupported(case.workload.of_step)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # a plugin may raise SystemExit
                failure = f"it could not say what it offers: {reason_of(error)}"
                return Answer(content={}, status=Status.FAILED, reason=failure, remedy=self._remedy(case))
            if reason is not None:
                return Answer(content={}, status=Status.UNSUPPORTED, reason=str(reason))
            plugin = attention
        else:
            plugin = self.host.one(TokenizerPlugin, case.tokenizer)
            corpus = find(self.host, case.corpus)
            if (lacking := self.host.missing(corpus)) is not None:
                reason = f"the corpus {corpus.name} {lacking.what}"
                return Answer(content={}, status=Status.SKIPPED, reason=reason, remedy=lacking.remedy)
        missing = self.host.missing(plugin)
        if missing is not None:
            return Answer(
                content={}, status=Status.SKIPPED, reason=f"{plugin.name} {missing.what}", remedy=missing.remedy
            )
        limit = isinstance(case, TokenizerCase) and case.limit  # each is tried once
        if not limit and self._deaths.get(_key(case), 0) >= MOST_DEATHS:
            return Answer(
                content={},
                status=Status.FAILED,
                reason=f"its process died {MOST_DEATHS} times in this run and is not started again",
                remedy=self._remedy(case),
            )
        return None

    def worker(self, case: Case) -> Worker:
        """Give the worker of a case's plugin, started if need be."""
        key = _key(case)
        if key not in self._workers:
            self._workers[key] = Worker(self._remedy(case), self.settings)
        return self._workers[key]

    def buried(self, worker: Worker, *, counted: bool = True) -> None:
        """Take note that a worker died or was given up; `counted` against its plugin."""
        for key, known in list(self._workers.items()):
            if known is worker:
                worker.kill()
                del self._workers[key]
                self._deaths[key] = self._deaths.get(key, 0) + counted

    def died_before(self, case: Case) -> bool:
        """Whether the plugin of a case has a new process because an earlier one died."""
        return self._deaths.get(_key(case), 0) > 0

    def setup(self, worker: Worker) -> Mapping[str, Any]:
        """What a worker must know before its first case."""
        return {
            "memory": worker.memory,
            "core": self._core,
            "grid": self.settings.grid,
            "plugins": list(self.settings.plugins),
            "block": list(self.settings.block),
            "load": self.settings.load,
        }

    def renew(self, worker: Worker) -> Worker:
        """Give a fresh process in place of a worker."""
        key = next(key for key, known in self._workers.items() if known is worker)
        worker.stop()
        self._workers[key] = Worker(worker.remedy, self.settings)
        return self._workers[key]

    def renew_anchors(self, *, arithmetic: str) -> None:
        """Have fresh processes for the anchors, the same entries sampling in them."""
        before = dict(self._anchors)
        for name in ("anchors", "twin", *([arithmetic] if arithmetic else [])):
            if name in self._workers:
                self._workers.pop(name).stop()
        self._anchors = {}
        for name, fresh in self.anchors(arithmetic=arithmetic).items():
            if name in before:
                before[name].ask, before[name].is_alive = fresh.ask, fresh.is_alive
                before[name].warm_up(ANCHOR_NS)
                self._anchors[name] = before[name]

    def dismiss(self) -> None:
        """Stop all workers; those that are needed again start afresh."""
        for worker in self._workers.values():
            worker.stop()
        self._workers, self._anchors = {}, {}
        self.adding.stop()

    def anchors(self, *, arithmetic: str) -> dict[str, TimedOperation]:
        """Give the anchors by name; the twin is the Python loop once more, in another process.

        Those of `arithmetic`, a `dtype/device` such as `f32/cpu` or nothing, have a process of their own: one with
        torch in it runs the loop 7 % slower. The next `dtype/device` takes its place.
        """
        if ANCHOR not in self._anchors:
            self._anchors |= self._offered("anchors", arithmetic="")
        if TWIN not in self._anchors:
            twin = self._offered("twin", arithmetic="")
            if ANCHOR in twin:
                self._anchors[TWIN] = twin[ANCHOR]
        if arithmetic and arithmetic != self._arithmetic:
            if self._arithmetic in self._workers:
                self._workers.pop(self._arithmetic).stop()
            for name in ARITHMETIC:
                self._anchors.pop(name, None)
            self._arithmetic = arithmetic
        if arithmetic and arithmetic not in self._workers:
            self._anchors |= self._offered(arithmetic, arithmetic=arithmetic)
        alive = {name: anchor for name, anchor in self._anchors.items() if anchor.alive}
        return {name: anchor for name, anchor in alive.items() if arithmetic or name not in ARITHMETIC}

    def _offered(self, name: str, *, arithmetic: str) -> dict[str, TimedOperation]:
        """Start a worker for anchors, unless it is there, and give the operations that it offers."""
        if name not in self._workers:
            self._workers[name] = Worker("report it to assay", self.settings)
        worker = self._workers[name]
        try:
            worker.ask(
                "load", work={"arithmetic": arithmetic, "threads": self.settings.threads}, setup=self.setup(worker)
            )
            operations = worker.ask("check").content.get("operations", ())
        except WorkerDied:
            self.buried(worker)
            return {}
        return {operation["name"]: self._entry(worker, operation) for operation in operations}

    def _remedy(self, case: Case) -> str:
        kind: type[TokenizerPlugin] | type[AttentionPlugin]
        kind = AttentionPlugin if isinstance(case, AttentionCase) else TokenizerPlugin
        origin = self.host.origin(self.host.one(kind, case.plugin))
        return f"mend it, or leave it out with --block {origin.block}"

    def _entry(self, worker: Worker, operation: Mapping[str, Any]) -> TimedOperation:
        return TimedOperation(
            name=operation["name"],
            tokens=operation["tokens"],
            size=operation["size"],
            ask=partial(self._ask, worker),
            is_alive=lambda: worker in self._workers.values(),
            judged=False,
        )

    def _ask(self, worker: Worker, step: Any, **arguments: Any) -> Mapping[str, Any]:
        try:
            return worker.ask(step, **arguments).content
        except WorkerDied:
            self.buried(worker)
            return {}


def anchor_pairs(anchors: Mapping[str, TimedOperation]) -> Iterator[tuple[TimedOperation, TimedOperation]]:
    """Every anchor with itself, and the twin with what it is the twin of."""
    for name, anchor in anchors.items():
        yield anchor, anchors.get(ANCHOR, anchor) if name == TWIN else anchor


def _key(case: Case) -> str:
    return f"{kind_of(case)}:{case.plugin}"
