"""What is measured, as the bench sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.measure import timer
from assay.records.results import Metrics, Sample
from assay.records.verdicts import Clock

if TYPE_CHECKING:
    from torch import Tensor


def _keep(seed: int, iterations: int) -> None:
    """Leave the values as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing to time, and how many tokens (and bytes of text) one call of it handles.

    `clock` is the one that its speed is told by: wall time where it uses several threads. `refresh` makes the values of
    a batch from a seed and the number of its calls. `spot_check` looks at the outputs of timed calls, and raises
    `WrongOutput` for a wrong one. `answer` returns what one of the calls gave, for another process to judge. `context`
    is entered around a whole sample. All stay outside the timed region. `read` takes a call and iterations, at most
    `most_iterations`, and times them.
    """

    name: str
    call: Callable[[], object]
    spot_check: Callable[[Sequence[object]], None]
    tokens: int
    size: int | None = None
    clock: Clock = "cpu"
    refresh: Callable[[int, int], None] = _keep
    answer: Callable[[Sequence[object], int], tuple[Tensor, ...]] | None = None
    context: Callable[[], AbstractContextManager[object]] = nullcontext
    read: Callable[[Callable[[], object], int], tuple[Sample, list[object]]] = timer.read
    most_iterations: int = timer.MOST_ITERATIONS


class Subject:
    """What is loaded into a bench; one that has nothing to predict, check or time keeps what is here."""

    def predict(self) -> Metrics:
        """Predict time (`predicted_seconds`) and memory (`predicted_bytes`) of the case from small ones."""
        return Metrics()

    def check(self) -> Metrics:
        """Return the exact figures; raise `WrongOutput`, or what the plugin raises, for a wrong output."""
        return Metrics()

    def ready(self) -> Metrics:
        """Do what of `check` is needed where the case was verified in another process.

        Returns what of the exact figures tells a right output from a wrong one; raises `WrongOutput` for a wrong one.
        """
        return self.check()

    def operations(self) -> tuple[Operation, ...]:
        """Return what is to be timed, once `check` has passed; the first is what `predict` speaks of."""
        return ()

    def memory(self) -> Metrics:
        """Measure the memory of one call, in a pass of its own."""
        return Metrics()

    def recheck(self) -> None:
        """Check the output again after timing; raise `WrongOutput`."""
