"""How far a run is: who is told, and one line about it for a notebook or a script."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

from assay.records.results import Case, Measurement, Run, Status

PAUSE_S = 0.2  # between two changes of the line


class ProgressListener:
    """Is told how far a run is; this one keeps it to itself."""

    def noted(self, text: str) -> None:
        """Something is to be known of what will be measured, such as which files of a folder are read."""

    def begun(self, run: Run, cases: Sequence[Case], done: int) -> None:
        """A run has begun, or goes on with so many cases done already."""

    def tick(self, group: str, phase: str, rounds: int, left_s: float) -> None:
        """A group is in this phase; while it is timed, rounds are counted and seconds are left."""

    def measured(self, measurement: Measurement) -> None:
        """A case is done and stored."""

    def warned(self, text: str) -> None:
        """Something went wrong, and the run goes on."""
        warnings.warn(text, stacklevel=2)


class CountingListener(ProgressListener):
    """Counts the cases that are done."""

    total = done = 0

    def begun(self, run: Run, cases: Sequence[Case], done: int) -> None:
        """Take note of the size of the run."""
        self.total, self.done = len(cases), done

    def measured(self, measurement: Measurement) -> None:
        """Count one case."""
        self.done += 1


class ProgressLine(CountingListener):
    """Keeps one line up to date: `12 of 84 cases · round 3, 5 s left · the-verdict/all`."""

    def __init__(self, show: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._show, self._clock = show, clock
        self._last = -PAUSE_S

    def tick(self, group: str, phase: str, rounds: int, left_s: float) -> None:
        """Renew the line, a few times a second at most."""
        if self._clock() - self._last >= PAUSE_S:
            self._last = self._clock()
            self._show(f"{self.done:,} of {self.total:,} cases · {tick_words(group, phase, rounds, left_s)}")


class ProgressLines(CountingListener):
    """Prints one line to standard error for each case that is done."""

    def noted(self, text: str) -> None:
        """Print what is to be known."""
        print(f"assay: note: {text}", file=sys.stderr)

    def measured(self, measurement: Measurement) -> None:
        """Print how a case ended, but for those that are not applicable."""
        super().measured(measurement)
        if measurement.status is not Status.UNSUPPORTED:
            print(case_words(measurement, self.done, self.total), file=sys.stderr)


def case_words(measurement: Measurement, done: int, total: int) -> str:
    """Return how a case ended: `[3/84] tokenizer/the-verdict/all/gpt2 ok`."""
    because = f": {measurement.reason}" if measurement.reason else ""
    return f"[{done}/{total}] {measurement.case.id} {measurement.status}{because}"


def tick_words(group: str, phase: str, rounds: int, left_s: float) -> str:
    """Return what goes on: the phase, and in the rounds how many there were and the time left."""
    timing = f"round {rounds}, {max(0.0, left_s):.0f} s left" if phase == "round" else phase
    return f"{timing} · {group.partition('/')[2]}"


@contextmanager
def listening(progress: bool | None) -> Iterator[ProgressListener]:
    """Have a listener while a run lasts: in a notebook one line that is gone at the end, elsewhere none.

    With True a script is told too, by a line for each case on standard error; with False nobody is.
    """
    kernel = notebook_kernel() if progress is not False else None
    if kernel is None:
        yield ProgressLines() if progress else ProgressListener()
        return
    display: Any = sys.modules["IPython.display"]
    handle = display.display(_bundle("starting"), raw=True, display_id=True)
    try:
        yield ProgressLine(lambda line: handle.update(_bundle(line), raw=True))
    finally:
        handle.update({"text/plain": "", "text/html": ""}, raw=True)


def notebook_kernel() -> object | None:
    """Return the kernel of the notebook that this process is, or None."""
    known = sys.modules.get("IPython")  # a kernel has imported it
    shell = known.get_ipython() if known is not None else None
    return getattr(shell, "kernel", None)


def _bundle(line: str) -> dict[str, str]:
    return {"text/plain": line, "text/html": f"<small>{escape(line)}</small>"}
