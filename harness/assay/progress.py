"""Telling on standard error how far a run is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from assay.records import Case, Measurement, Run, Status


class Reporter:
    """A bar on a terminal, a line for each case elsewhere, nothing when quiet."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty() and not quiet
        self._total = self._done = 0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not self._live,
        )
        self._task = self._bar.add_task("starting", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begun(self, run: Run, cases: Sequence[Case]) -> None:
        """Take note of the size of the run."""
        self._total = len(cases)
        self._bar.update(self._task, total=self._total)
        self._line(f"run {run.id}: {self._total} cases of suite {run.suite}")

    def measured(self, measurement: Measurement) -> None:
        """Tell of one case."""
        self._done += 1
        self._bar.update(self._task, completed=self._done, description=measurement.case.plugin)
        if measurement.status is not Status.UNSUPPORTED:
            because = f": {measurement.reason}" if measurement.reason else ""
            self._line(f"[{self._done}/{self._total}] {measurement.case.id} {measurement.status}{because}")

    def _line(self, text: str) -> None:
        if not (self._quiet or self._live):
            print(text, file=sys.stderr, flush=True)
