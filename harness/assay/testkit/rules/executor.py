"""What an executor must be."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

from assay.plugins.executor import MOST_STARTS, Executor, ExecutorConfig, TaskResult
from assay.plugins.types import ExecutorPlugin
from assay.testkit.context import Context
from assay.testkit.registry import Check
from assay.testkit.result import ConformanceError, Skip

TASKS = 25
MANY = 100_000
MOST_TAKEN = 10_000
FALLING = "fall"
NAP_S = 0.05
PATIENCE_S = 20.0


def echo(text: str) -> str:
    """Return a text with its length: what the checks have done by workers."""
    return f"{text} {len(text)}"


def fall(text: str) -> str:
    """End the process for one text, and return the others."""
    if text == FALLING:
        os.kill(os.getpid(), signal.SIGKILL)
    return echo(text)


def nap(text: str) -> str:
    """Take a moment."""
    time.sleep(NAP_S)
    return echo(text)


def answers(plugin: ExecutorPlugin, context: Context) -> str:
    """It answers every task once, under its own number, with what the function gave; also where there are none."""
    with closing(plugin.open(ExecutorConfig())) as executor:
        for tasks in ([], ["one"], [f"task {number}" for number in range(TASKS)]):
            found = _mapped(executor, echo, tasks)
            expected = dict(enumerate(map(echo, tasks)))
            wrong = next((ended for ended in found if ended.result != expected.get(ended.place)), None)
            if wrong is not None:
                raise ConformanceError(
                    f"for task {wrong.place} it gives {wrong.result!r} (error: {wrong.error})",
                    remedy="give what the function gave, with the number that the task has among all",
                )
            if sorted(ended.place for ended in found) != list(range(len(tasks))):
                raise ConformanceError(f"of {len(tasks)} tasks it answers {len(found)}", remedy="answer each task once")
        if not executor.label.strip():
            raise ConformanceError("its label is empty", remedy="say who works, such as 2 processes")
        return f"{TASKS} tasks by {executor.label}"


def takes_what_it_needs(plugin: ExecutorPlugin, context: Context) -> str:
    """It takes tasks as there is room for them, and gives answers meanwhile: there may be millions."""
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        for taken in range(1, MANY + 1):  # noqa: B007
            yield "task"

    with closing(plugin.open(ExecutorConfig())) as executor:
        next(iter(executor.map(echo, endless())))
        if taken > MOST_TAKEN:
            raise ConformanceError(
                f"it took {taken:,} tasks before its first answer", remedy="take a few more than there are workers"
            )
    return f"{taken} tasks before the first answer"


def closes(plugin: ExecutorPlugin, context: Context) -> str:
    """Closed in mid-work it ends at once and leaves no process behind; closing it again does no harm."""
    before = _children()
    executor = plugin.open(ExecutorConfig(workers=2))
    next(iter(executor.map(nap, [f"task {number}" for number in range(MANY)])))
    start = time.monotonic()
    executor.close()
    executor.close()
    seconds = time.monotonic() - start
    if seconds > PATIENCE_S:
        raise ConformanceError(f"it takes {seconds:.1f} s to close", remedy="end what is at work, and drop the rest")
    if left := _children() - before:
        raise ConformanceError(f"closed, it leaves {len(left)} process(es)", remedy="end what it started")
    return f"closed in {seconds:.1f} s"


def survives(plugin: ExecutorPlugin, context: Context) -> str:
    """If it is announced as isolated, a task that ends its worker is started three times, lost, and costs no other."""
    if not plugin.isolated:
        raise Skip("it is announced with isolated=False")
    tasks = ["before", FALLING, "after", "last"]
    with closing(plugin.open(ExecutorConfig(workers=1))) as executor:
        found = {ended.place: ended for ended in _mapped(executor, fall, tasks)}
    lost = [place for place, ended in found.items() if ended.result is None]
    if lost != [1]:
        raise ConformanceError(
            f"of four tasks, of which the second ends its worker, it lost {len(lost)}: numbers {sorted(lost)}",
            remedy="replace a worker that died, and go on; lose only what ended it",
        )
    if found[1].starts != MOST_STARTS or not found[1].error:
        raise ConformanceError(
            f"it started what ends its worker {found[1].starts} times, and says {found[1].error!r} of it",
            remedy=f"start it {MOST_STARTS} times in all, and say how its worker ended",
        )
    return f"lost one of four tasks: {found[1].error}"


def _mapped(executor: Executor, function: Callable[[str], str], tasks: Iterable[str]) -> list[TaskResult]:
    found = list(executor.map(function, tasks))
    strange = next((ended for ended in found if not isinstance(ended, TaskResult)), None)
    if strange is not None:
        raise ConformanceError(f"it gives {type(strange).__name__}", remedy="give assay.TaskResult for each task")
    return found


def _children() -> set[str]:
    """The processes that this one started; where the system does not tell, none."""
    try:
        return {
            child
            for thread in Path("/proc/self/task").iterdir()
            for child in thread.joinpath("children").read_text().split()
            if _lives(child)
        }
    except OSError:
        return set()


def _lives(process: str) -> bool:
    try:
        return Path("/proc", process, "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


CHECKS = (Check.of(answers, "ready"), *Check.all_of((takes_what_it_needs, closes, survives), "answers"))
