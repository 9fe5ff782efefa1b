"""A Dask cluster as an executor. Dask itself starts a task again whose worker died; here it is only told how often."""

from __future__ import annotations

import logging
import os
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import dask
from distributed import Client, LocalCluster, as_completed, get_worker
from distributed.scheduler import KilledWorker

import assay

MOST_STARTS = 3
PATIENCE_S = 10
CLOSING_S = 10
# A task is given up with its third worker, and none waits at a worker behind another: it would be blamed with it.
OURS = {"distributed.scheduler.allowed-failures": MOST_STARTS - 1, "distributed.scheduler.worker-saturation": 1.0}


class Cluster:
    """The workers of a scheduler that is there, or of a cluster on this machine, which ends with the work."""

    def __init__(self, config: assay.ExecutorConfig) -> None:
        self._cluster: Any = None
        self._closed = False
        address = config.scheduler
        if address is None:
            count = config.workers or _cores()
            with dask.config.set(OURS):
                self._cluster = LocalCluster(
                    n_workers=count,
                    threads_per_worker=1,
                    memory_limit=config.memory_bytes or "auto",
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                )
            address = self._cluster.scheduler_address
        elif config.workers is not None:
            raise assay.AssayError(
                f"the cluster at {address} has the workers that it has", remedy="leave out --workers or --scheduler"
            )
        self.label = f"{count} local workers" if self._cluster else f"the workers of {address}"
        try:
            self._client = Client(address, timeout=PATIENCE_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise assay.AssayError(
                f"there is no Dask scheduler at {address}: {error}",
                remedy="start one with `dask scheduler`, or leave out --scheduler to have one started here",
            ) from None
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError:
            self.close()
            raise assay.AssayError(
                f"the Dask scheduler at {address} has no workers", remedy=f"start some with `dask worker {address}`"
            ) from None

    def map(self, function: Callable[[str], str], tasks: Iterable[str]) -> Iterator[assay.TaskResult]:
        """Call a function for each task; two for each thread of the cluster are on their way at a time."""
        client, topic = self._client, f"assay-{uuid.uuid4().hex}"
        starts: Counter[int] = Counter()
        left = enumerate(tasks)
        places: dict[Any, int] = {}
        running = as_completed(loop=client.loop)

        def begin(count: int) -> None:
            for place, task in islice(left, count):
                future = client.submit(noted, topic, place, function, task, key=f"{topic}-{place}", pure=False)
                places[future] = place
                running.add(future)

        client.subscribe_topic(topic, lambda event: starts.update([event[1]]))
        try:
            begin(2 * max(1, sum(client.nthreads().values())))
            for future in running:
                yield self._ended(future, places.pop(future), starts)
                begin(1)
        finally:
            if not self._closed:
                client.cancel(list(places))
                client.unsubscribe_topic(topic)

    def close(self) -> None:
        """Leave the cluster; end it where it was started here."""
        if self._closed:
            return
        self._closed = True
        self._client.close(timeout=CLOSING_S)
        if self._cluster is not None:
            self._cluster.close(timeout=CLOSING_S)

    def _ended(self, future: Any, place: int, starts: Counter[int]) -> assay.TaskResult:
        """What became of a task; a result whose worker died before it was fetched is computed again."""
        if future.cancelled():
            raise ConnectionError(f"{self.label}: the scheduler is gone")
        error, result, least = None, None, 1
        try:
            result = future.result()
        except KilledWorker as killed:
            error, least = "killed, or ended by itself (Dask does not tell)", killed.allowed_failures + 1
        except Exception as raised:  # an import that fails on a worker, for example
            error = f"{type(raised).__name__}: {raised}"
        return assay.TaskResult(place=place, result=result, error=error, starts=max(least, starts[place]))


def noted(topic: str, place: int, function: Callable[[str], str], task: str) -> str:
    """On a worker: tell that a task was started, and do it."""
    get_worker().log_event(topic, place)
    return function(task)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
