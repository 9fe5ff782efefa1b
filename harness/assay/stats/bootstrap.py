"""The bootstrap interval of a ratio of sums: how far other documents of the same sort could be from it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

RESAMPLES = 1_000
FEWEST = 20
MOST = 200
SEED = 1979


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


def ratio_interval(numerators: Sequence[int], denominators: Sequence[int]) -> Interval | None:
    """Return the percentile bootstrap interval of Σ numerators / Σ denominators, an entry a document.

    A thousand times, as many documents as there are, are drawn with replacement, from a fixed seed, and the ratio of
    their sums is taken; the interval runs from the 25th smallest to the 25th largest (Efron and Tibshirani, An
    Introduction to the Bootstrap, 1993, section 13.3). More than 200 documents are first dealt at random into
    200 strata, which are drawn instead: the spread of their sums is the same, and the time is bounded. Of very unequal
    documents it holds the truth somewhat less often than 95 in 100: about 91 for 20 of them, 93 for 40. Fewer than
    twenty documents, numerators that are all 0, or a draw whose denominators are, have no interval.
    """
    units = list(zip(numerators, denominators, strict=True))
    if len(units) < FEWEST or not any(numerators):
        return None
    chance = random.Random(SEED)
    if len(units) > MOST:
        chance.shuffle(units)
        units = [_sum(units[start::MOST]) for start in range(MOST)]
    sums = [_sum(chance.choices(units, k=len(units))) for _ in range(RESAMPLES)]
    if any(denominator == 0 for _, denominator in sums):
        return None
    ratios = sorted(numerator / denominator for numerator, denominator in sums)
    tail = RESAMPLES // 40
    return Interval(low=ratios[tail - 1], high=ratios[-tail])


def _sum(units: Sequence[tuple[int, int]]) -> tuple[int, int]:
    above, below = zip(*units, strict=True)
    return sum(above), sum(below)
