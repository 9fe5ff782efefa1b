"""The work as a benchmark of asv. It has no set-up function: with one, asv times each call by itself."""

from __future__ import annotations

from benchmarks import work

CALL = work.chosen()


def time_work() -> None:
    """Time the work in samples of asv's own length."""
    CALL()
