"""How far a run is, on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.status import Status as Spinner
from rich.table import Column
from rich.text import Text

from assay.cli.echo import as_text, echo_stderr, echo_warning
from assay.execute.progress import CountingListener, case_words, tick_words
from assay.records.results import Case, Measurement, Run, Status
from assay.report.text.escape import can_show


class _Display:
    """What is drawn on a terminal while its context lasts, and lines elsewhere; nothing when quiet or in CI."""

    _drawn: Progress | Spinner | None = None

    def __init__(self, *, quiet: bool) -> None:
        self._live = sys.stderr.isatty() and not quiet
        self._lines = not (quiet or self._live or os.environ.get("CI"))

    def __enter__(self) -> Self:
        if self._drawn is not None:
            self._drawn.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn is not None:
            self._drawn.stop()

    def _line(self, text: str) -> None:
        if self._lines:
            echo_stderr(text)


class Reporter(_Display, CountingListener):
    """A live bar on a terminal, a line for each case elsewhere."""

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__(quiet=quiet)
        self._quiet = quiet
        self._drawn = self._bar = Progress(
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1)),
            expand=True,
            console=Console(stderr=True),
            transient=True,
            disable=not self._live,
        )
        self._task = self._bar.add_task("starting", total=None)

    def noted(self, text: str) -> None:
        """Show what is to be known before anything is measured; the bar moves below it."""
        note = f"assay: note: {text}"
        if self._live:
            self._bar.console.print(Text(as_text(note, sys.stderr.encoding)), soft_wrap=True)
        elif not self._quiet:
            echo_stderr(note)

    def begun(self, run: Run, cases: Sequence[Case], done: int) -> None:
        """Take note of the size of the run."""
        super().begun(run, cases, done)
        self._bar.update(self._task, total=self.total, completed=done)
        self._line(f"run {run.id}: {self.total} cases of suite {run.suite}" + (f", {done} done" if done else ""))

    def tick(self, group: str, phase: str, rounds: int, left_s: float) -> None:
        """Show the phase, and in the rounds how many there were and the time left."""
        words = tick_words(group, phase, rounds, left_s)
        self._bar.update(self._task, description=as_text(words, sys.stderr.encoding))

    def measured(self, measurement: Measurement) -> None:
        """Show that one case is done."""
        super().measured(measurement)
        self._bar.update(self._task, completed=self.done)
        if measurement.status is not Status.UNSUPPORTED:
            self._line(case_words(measurement, self.done, self.total))

    def warned(self, text: str) -> None:
        """Show what went wrong, also where nothing else is shown."""
        echo_warning(text)


class StatusLine(_Display):
    """One line on standard error that says what goes on now."""

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__(quiet=quiet)
        self._last = ""
        self._drawn = self._status = Console(stderr=True).status("starting", spinner=_spinner()) if self._live else None

    def echo(self, what: str) -> None:
        """Show a slow step; also a line where there is no terminal."""
        self._show(what)
        self._line(what)

    def tick(self, what: str, left_s: float) -> None:
        """Show what goes on, with the seconds of timing left; without a terminal once an epoch."""
        self._show(f"{max(0.0, left_s):.0f} s left, {what}")
        head = what.partition(":")[0]
        if head != self._last and what.startswith("epoch"):
            self._line(f"{head}, {max(0.0, left_s):.0f} s left")
        self._last = head

    def _show(self, what: str) -> None:
        if self._status is not None:
            self._status.update(Text(as_text(what, sys.stderr.encoding), no_wrap=True, overflow="ellipsis"))


def _spinner() -> str:
    """One that the output can show: the usual one is drawn with dots that ASCII does not have."""
    return "dots" if can_show("⠋", sys.stderr.encoding) else "line"
