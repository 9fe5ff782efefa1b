"""Summaries of samples: the median and the spread, never the minimum."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from assay.records import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the samples of one timed operation come to.

    `median_ns` is the median wall time of one call, `spread` half the distance between the quartiles as a
    share of the median, `contention` the median of wall time over CPU time (1.0 where the process had a
    core to itself).
    """

    median_ns: float
    spread: float
    contention: float
    samples: int


def summarise(samples: Sequence[Sample]) -> Summary:
    """Summarise at least one sample."""
    walls = [sample.wall_ns / sample.loops for sample in samples]
    median = statistics.median(walls)
    spread = 0.0
    if len(walls) > 1:
        low, _, high = statistics.quantiles(walls, n=4, method="inclusive")
        spread = (high - low) / 2 / median if median else 0.0
    contention = statistics.median(sample.wall_ns / max(1, sample.cpu_ns) for sample in samples)
    return Summary(median_ns=median, spread=spread, contention=contention, samples=len(walls))
