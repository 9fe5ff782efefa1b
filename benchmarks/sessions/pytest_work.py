"""The work as a test of pytest-benchmark."""

from __future__ import annotations

from typing import Any

from benchmarks import work


def test_work(benchmark: Any) -> None:
    """Time the work by the tool's own calibration and rounds."""
    benchmark(work.chosen())
