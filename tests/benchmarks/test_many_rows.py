"""What reads a store takes steps that grow as its rows do. Steps are counted, so that no clock is read."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from assay.comparison.compare_runs import compare_runs
from assay.report.tables.results import write
from assay.report.tables.run_tables import report_tables
from assay.store.lookup import find
from assay.store.store import Store
from benchmarks.many_rows import RUNS, fill

ROWS = 200
MOST = 2.3  # twice the rows, with some allowance for groups


def steps(act: Callable[[], object]) -> int:
    """Count the lines of Assay that are carried out."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if "assay" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


def show(folder: Path) -> None:
    with Store(folder, read_only=True) as store:
        outcome = store.outcome()
    write(report_tables(outcome.measurements), io.StringIO(), "markdown")


def compare(folder: Path) -> None:
    compare_runs(find(RUNS, folder))


@pytest.mark.long
@pytest.mark.parametrize("act", [show, compare])
def test_twice_the_rows_take_twice_the_steps(tmp_path: Path, act: Callable[[Path], None]) -> None:
    found = []
    for rows in (ROWS, 2 * ROWS):
        with Store(tmp_path / str(rows)) as store:
            for run in RUNS:
                fill(store, run, rows)
        found.append(steps(lambda folder=tmp_path / str(rows): act(folder)))
    assert found[1] / found[0] < MOST, found
