"""What spreads work over processes or machines: the smallest interface that any engine can have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

MOST_STARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorConfig:
    """How far work is to be spread, as it was asked for.

    `workers` is how many do it at once, None for as many as the engine likes; `scheduler` the address of a cluster that
    is there already. Of workers that the engine starts, `memory_bytes` bounds the memory of each; `timeout_s` the time
    of each task, None for no bound.
    """

    workers: int | None = None
    scheduler: str | None = None
    memory_bytes: int | None = None
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """How one task ended.

    `place` is its number among all tasks, from 0. `result` is what the function returned. Where there is none, `error`
    says why, in words such as `killed by SIGKILL`. `starts` is how often it was started.
    """

    place: int
    result: str | None = None
    error: str | None = None
    starts: int = 1


@runtime_checkable
class Executor(Protocol):
    """An engine that is ready to work."""

    @property
    def label(self) -> str:
        """Return who works, in a few words: `2 processes`."""

    def map(self, function: Callable[[str], str], tasks: Iterable[str]) -> Iterator[TaskResult]:
        """Call a function for each task, and give what becomes of it as soon as it has ended, in any order.

        The function is one of a module that workers can import; it raises nothing but KeyboardInterrupt. Tasks are
        taken from the iterable as there is room for them, since there may be millions. A task whose worker died is
        started again, three times in all; then it is lost, and the others go on.
        """

    def close(self) -> None:
        """End all that was started, at once, whatever it is doing; a cluster that was there stays."""
