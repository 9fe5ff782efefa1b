"""Count in processes of this machine; one that dies or hangs is replaced, and its task started again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import wait

from assay.environment.cpu_affinity import available_cores
from assay.environment.describe import available_memory
from assay.errors import AssayError
from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.requests import CallFunction
from assay.plugins.executor import MOST_STARTS, ExecutorConfig, TaskResult
from assay.records.settings import Settings

MODULE = "assay.execute.worker.task_main"
LOOK_S = 1.0
SHARE = 0.8  # of the memory that is available, for all workers together
REMEDY = "leave out what breaks it"


@dataclass(slots=True, kw_only=True, eq=False)
class _PoolTask:
    """A task on its way: how often it was started, and when last."""

    place: int
    text: str
    starts: int = 0
    since: float = 0.0


class ProcessPool:
    """A pool of processes on this machine."""

    def __init__(self, config: ExecutorConfig) -> None:
        """Start nothing yet; as many processes as there are cores, unless told otherwise."""
        if config.scheduler is not None:
            raise AssayError(
                "the executor processes works on this machine, without a scheduler", remedy="give --executor dask"
            )
        self.count = config.workers or len(available_cores())
        memory = config.memory_bytes or int(available_memory() * SHARE / self.count)
        self._settings = Settings(timeout_s=config.timeout_s or float(2**31), memory_bytes=memory)
        self._idle: list[Worker] = []
        self._busy: dict[Worker, _PoolTask] = {}

    @property
    def label(self) -> str:
        """How many there are."""
        return f"{self.count} process{'es' * (self.count != 1)}"

    def map(self, function: Callable[[str], str], tasks: Iterable[str]) -> Iterator[TaskResult]:
        """Call a function for each task, as many at once as there are processes."""
        name = f"{function.__module__}:{function.__qualname__}"
        new = (_PoolTask(place=place, text=text) for place, text in enumerate(tasks))
        again: deque[_PoolTask] = deque()
        while True:
            while len(self._busy) < self.count:
                task = again.popleft() if again else next(new, None)
                if task is None:
                    break
                self._begin(name, task)
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

    def _begin(self, function: str, task: _PoolTask) -> None:
        worker = self._idle.pop() if self._idle else Worker(REMEDY, self._settings, module=MODULE)
        task.starts += 1
        task.since = time.monotonic()
        self._busy[worker] = task
        worker.post(CallFunction(function=function, task=task.text))

    def _ready(self) -> list[Worker]:
        """Those that have answered, or died, or taken too long."""
        wait([worker.fileno() for worker in self._busy], LOOK_S)
        late = time.monotonic() - self._settings.timeout_s
        return [worker for worker, task in self._busy.items() if worker.arrived() or task.since < late]

    def _end(self, worker: Worker, again: deque[_PoolTask]) -> TaskResult | None:
        """Take what a worker has to say; None where its task is to be started again."""
        task = self._busy.pop(worker)
        try:
            answer = worker.collect(wait_s=0.0)
        except WorkerDied as death:
            worker.kill()
            if task.starts < MOST_STARTS:
                again.append(task)
                return None
            return TaskResult(place=task.place, error=death.outcome, starts=task.starts)
        self._idle.append(worker)
        error = None if answer.refusal is None else answer.refusal.reason
        return TaskResult(place=task.place, result=answer.value, error=error, starts=task.starts)
