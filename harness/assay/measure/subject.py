"""What is measured, as the measuring loop sees it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from assay.records import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing to time, and how many tokens (and bytes of text) one call of it handles.

    `context` is entered around a whole sample, outside the timed region.
    """

    name: str
    call: Callable[[], object]
    tokens: int
    size: int | None = None
    context: Callable[[], AbstractContextManager[object]] = nullcontext


class Subject(Protocol):
    """A built plugin with its inputs."""

    def check(self) -> tuple[Metric, ...]:
        """Give the exact figures; raise `GateFailed`, or what the plugin raises, for a wrong output."""

    def operations(self) -> tuple[Operation, ...]:
        """Give what is to be timed, once `check` has passed."""
