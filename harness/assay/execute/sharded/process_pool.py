"""Counts in processes of this machine; one that dies or hangs is replaced, and its task started again."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import wait

from assay.environment.describe import available_memory
from assay.errors import AssayError
from assay.execute.worker.process import Worker, WorkerDied
from assay.plugins.executor import MOST_STARTS, ExecutorConfig, TaskResult
from assay.records.results import Status
from assay.records.settings import Settings

MODULE = "assay.execute.worker.task_main"
LOOK_S = 1.0
SHARE = 0.8  # of the memory that is available, for all workers together
REMEDY = "leave out what breaks it"


@dataclass(slots=True, kw_only=True, eq=False)
class _PoolTask:
    """A task on its way: how often it was started, and when last."""

    place: int
    task: str
    starts: int = 0
    since: float = 0.0


class Pool:
    """A pool of processes on this machine."""

    def __init__(self, spread: ExecutorConfig) -> None:
        """Start nothing yet; as many processes as there are cores, unless told otherwise."""
        if spread.scheduler is not None:
            raise AssayError(
                "the executor processes works on this machine, without a scheduler", remedy="give --executor dask"
            )
        self.count = spread.workers or cores()
        memory = spread.memory_bytes or int(available_memory() * SHARE / self.count)
        self._settings = Settings(timeout_s=spread.timeout_s or float(2**31), memory_bytes=memory)
        self._idle: list[Worker] = []
        self._busy: dict[Worker, _PoolTask] = {}

    @property
    def label(self) -> str:
        """How many there are."""
        return f"{self.count} process{'es' * (self.count != 1)}"

    def map(self, function: Callable[[str], str], tasks: Iterable[str]) -> Iterator[TaskResult]:
        """Call a function for each task, as many at once as there are processes."""
        name = f"{function.__module__}:{function.__qualname__}"
        new = (_PoolTask(place=place, task=task) for place, task in enumerate(tasks))
        again: deque[_PoolTask] = deque()
        while True:
            while len(self._busy) < self.count:
                chore = again.popleft() if again else next(new, None)
                if chore is None:
                    break
                self._begin(name, chore)
            if not self._busy:
                return
            for worker in self._ready():
                ended = self._end(worker, again)
                if ended is not None:
                    yield ended

    def close(self) -> None:
        """End all processes."""
        for worker in (*self._busy, *self._idle):
            worker.kill()
        self._busy, self._idle = {}, []

    def _begin(self, function: str, chore: _PoolTask) -> None:
        worker = self._idle.pop() if self._idle else Worker(REMEDY, self._settings, module=MODULE)
        chore.starts += 1
        chore.since = time.monotonic()
        self._busy[worker] = chore
        worker.post("task", function=function, task=chore.task, memory=worker.memory)

    def _ready(self) -> list[Worker]:
        """Those that have answered, or died, or taken too long."""
        answered = set(wait([worker.fileno() for worker in self._busy], LOOK_S))
        late = time.monotonic() - self._settings.timeout_s
        return [worker for worker, chore in self._busy.items() if worker.fileno() in answered or chore.since < late]

    def _end(self, worker: Worker, again: deque[_PoolTask]) -> TaskResult | None:
        """Take what a worker has to say; None where its task is to be started again."""
        chore = self._busy.pop(worker)
        try:
            answer = worker.collect("task", wait_s=0.0)
        except WorkerDied as death:
            worker.kill()
            if chore.starts < MOST_STARTS:
                again.append(chore)
                return None
            return TaskResult(place=chore.place, error=death.outcome, starts=chore.starts)
        self._idle.append(worker)
        if answer.status is not Status.OK:
            return TaskResult(place=chore.place, error=answer.reason, starts=chore.starts)
        return TaskResult(place=chore.place, result=answer.content["result"], starts=chore.starts)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
