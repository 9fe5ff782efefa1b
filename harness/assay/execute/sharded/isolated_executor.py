"""An executor of a third party: it is opened, works and is closed in a child process, which it may end or hang."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict
from typing import Any

from assay.errors import guard
from assay.plugins.executor import ExecutorConfig, TaskResult
from assay.plugins.host import Host
from assay.plugins.supervision import Channel
from assay.plugins.types import ExecutorPlugin


class IsolatedExecutor:
    """Calls an executor in a child process for each `map`; its results come when all tasks have ended."""

    def __init__(self, host: Host, plugin: ExecutorPlugin, config: ExecutorConfig) -> None:
        """Open and close it once, to see that it can begin."""
        self._host, self._plugin, self._config = host, plugin, config
        (self.label,) = self._in_child("open", 1, lambda executor: [str(executor.label)])

    def map(self, function: Callable[[str], str], tasks: Iterable[str]) -> Iterator[TaskResult]:
        """Call the function for all tasks; raise `AssayError` for what the executor does to its process."""
        texts = list(tasks)

        def work(executor: Any) -> list[dict[str, object]]:
            return [asdict(result) for result in executor.map(function, texts)]

        if texts:
            yield from (TaskResult(**result) for result in self._in_child("map", len(texts), work))

    def close(self) -> None:
        """There is nothing to end: it was closed where it was opened."""

    def _in_child(self, stage: str, tasks: int, work: Callable[[Any], list[Any]]) -> list[Any]:
        def call(channel: Channel) -> list[Any]:
            with guard(), closing(self._plugin.open(self._config)) as executor:
                return work(executor)

        limit = self._host.timeout_s
        if self._config.timeout_s is not None:
            limit = self._config.timeout_s * tasks
        answer: list[Any] = self._host.call(self._plugin, stage, call, long=True, timeout_s=limit)
        return answer
