"""The share of intervals that hold the long-run value of other runs."""

from __future__ import annotations

import random

from benchmarks.interval_coverage import ALIKE, COLUMNS, Interval, alike_row, coverage_row


def test_each_interval_is_held_to_the_median_of_the_other_runs() -> None:
    """Of four equal runs the fourth is disjoint from the others, and none of them holds it either."""
    measured = ((0.337, 0.320, 0.345), (0.333, 0.326, 0.340), (0.345, 0.335, 0.355), (0.366, 0.356, 0.377))
    runs = [{"a": Interval(*one)} for one in measured]
    row = dict(zip(COLUMNS, coverage_row("four", runs), strict=True))
    # The medians of the others are .345, .345, .337 and .337: the first and the third interval hold theirs.
    assert (row["ratios of a run"], row["intervals"], row["hold the long-run value"]) == ("1", "4", "50.0%")
    assert row["spread of a ratio"] == "4.2%"


def test_ratios_are_pooled_where_every_run_has_them() -> None:
    wide = Interval(1.0, 0.5, 2.0)
    runs = [{"a": wide, "b": wide}, {"a": wide}, {"a": wide, "b": wide}]
    row = dict(zip(COLUMNS, coverage_row("three", runs), strict=True))
    assert (row["ratios of a run"], row["intervals"], row["hold the long-run value"]) == ("1", "3", "100.0%")
    assert row["median half width"] == "69.3%"


def test_epochs_of_one_server_are_told_from_those_of_two() -> None:
    """Epochs 0 and 3 are of one server, as 1 and 4 are; here each server is off by the same in every epoch."""
    order = random.Random(1)
    runs = []
    for _ in range(200):
        one, two, three = (order.gauss(0.0, 0.02) for _ in range(3))
        runs.append({"a": [one, two, three, one, two]})
    row = dict(zip(ALIKE, alike_row("three", runs), strict=True))
    assert row["epochs"] == "1000"
    assert float(row["correlation, one server"]) > 0.9
    assert abs(float(row["correlation, two servers"])) < 0.15
