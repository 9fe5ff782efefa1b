"""Count in this process, one after the other: nothing is started, and nothing is isolated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from assay.errors import AssayError
from assay.plugins.executor import ExecutorConfig, TaskResult


class LocalExecutor:
    """The plainest executor: a loop."""

    label = "in one process"

    def __init__(self, config: ExecutorConfig) -> None:
        if config.workers not in (None, 1) or config.scheduler is not None:
            raise AssayError(
                "the executor local works alone, in this process",
                remedy="give --executor processes with --workers, or dask with --scheduler",
            )

    def map(self, function: Callable[[str], str], tasks: Iterable[str]) -> Iterator[TaskResult]:
        """Call the function for one task after the other."""
        for place, task in enumerate(tasks):
            yield TaskResult(place=place, result=function(task))

    def close(self) -> None:
        """There is nothing to end."""
