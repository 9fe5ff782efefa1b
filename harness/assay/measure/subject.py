"""What is measured, as the bench sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from assay.measure import timer as clock
from assay.records.results import Metrics, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing to time, and how many tokens (and bytes of text) one call of it handles.

    `audit` looks at the outputs of timed calls, and raises `WrongOutput` for a wrong one. `context` is
    entered around a whole sample. Both stay outside the timed region. `read` takes a call and loops, at most
    `most_loops`, and times them.
    """

    name: str
    call: Callable[[], object]
    audit: Callable[[Sequence[object]], None]
    tokens: int
    size: int | None = None
    context: Callable[[], AbstractContextManager[object]] = nullcontext
    read: Callable[[Callable[[], object], int], tuple[Sample, list[object]]] = clock.read
    most_loops: int = clock.MOST_LOOPS


class Subject(Protocol):
    """A plugin with a case to do."""

    def predict(self) -> Metrics:
        """Predict time (`predicted_seconds`) and memory (`predicted_bytes`) of the case from small ones."""

    def check(self) -> Metrics:
        """Give the exact figures; raise `WrongOutput`, or what the plugin raises, for a wrong output."""

    def operations(self) -> tuple[Operation, ...]:
        """Give what is to be timed, once `check` has passed; the first is what `predict` speaks of."""

    def memory(self) -> Metrics:
        """Measure the memory of one call, in a pass of its own."""

    def recheck(self) -> None:
        """Check the output again after timing; raise `WrongOutput`."""


@runtime_checkable
class Ready(Protocol):
    """A subject that can do with less than the whole gate, where the case has passed it in another process."""

    def ready(self) -> Metrics:
        """Give what of the exact figures tells a right output from a wrong one; raise `WrongOutput` for a wrong one."""
