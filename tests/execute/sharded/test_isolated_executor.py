"""An executor of a third party works in a child process: what it does there costs the counting, not the host."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

import pytest

from assay.errors import AssayError
from assay.execute.sharded.isolated_executor import IsolatedExecutor
from assay.plugins.executor import ExecutorConfig, TaskResult
from assay.plugins.host import Found, Host, Origin
from assay.plugins.types import ExecutorPlugin

CONFIG = ExecutorConfig(timeout_s=5.0)


class Loop:
    label = f"a loop of {os.getpid()}"

    def __init__(self, config: ExecutorConfig) -> None:
        self.config = config

    def map(self, function: Callable[[str], str], tasks: Iterable[str]) -> Iterator[TaskResult]:
        for place, task in enumerate(tasks):
            yield TaskResult(place=place, result=function(task), starts=2)

    def close(self) -> None:
        pass


class Ends(Loop):
    def map(self, function: Callable[[str], str], tasks: Iterable[str]) -> Iterator[TaskResult]:
        os._exit(0)
        yield


def opened(engine: Callable[[ExecutorConfig], Loop]) -> IsolatedExecutor:
    plugin = ExecutorPlugin(name="theirs", summary="", open=engine)
    host = Host([Found(plugin=plugin, origin=Origin(entry_point="theirs", path="theirs.py"))], [], timeout_s=5.0)
    return IsolatedExecutor(host, plugin, CONFIG)


def answer(text: str) -> str:
    return f"{text} {os.getpid()}"


def test_its_results_are_those_of_a_child_process() -> None:
    executor = opened(Loop)
    assert executor.label == Loop.label
    found = list(executor.map(answer, iter(["one", "two"])))
    assert [(each.place, each.starts, str(each.result).split()[0]) for each in found] == [(0, 2, "one"), (1, 2, "two")]
    assert str(os.getpid()) not in str(found)
    assert list(executor.map(answer, [])) == []


def test_what_it_does_to_its_process_is_an_error() -> None:
    with pytest.raises(AssayError, match="it ended the process with exit code 0"):
        list(opened(Ends).map(answer, ["one"]))
    with pytest.raises(AssayError, match="ZeroDivisionError"):
        opened(lambda config: 1 / 0)  # type: ignore[arg-type, return-value]
