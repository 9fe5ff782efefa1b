"""How much timing it takes to find a change of a size, and how small a change so much timing finds."""

from __future__ import annotations

import bisect
import math

from assay.records.verdicts import Tolerance
from assay.stats.trimmed_mean import Estimate, freedom, quantile

POWER = 0.95
MOST = 1_000_000


def detectable(spread: float, epochs: int, level: float, effect: float = 0.0) -> float:
    """The smallest slowdown, as a share, that so many epochs find in 95 of 100 cases.

    `spread` is the standard deviation of an epoch's log ratio, `level` the one-sided p-value that is asked for,
    `effect` what the estimate must reach besides. By the shifted t: (t[1 - level] + t[0.95]) * error, which is a
    little more than the noncentral t asks for (Guenther 1981).
    """
    error, degrees = spread / math.sqrt(epochs), freedom(epochs)
    found = quantile(degrees, 1.0 - level) * error
    return math.expm1(max(found, math.log1p(effect)) + quantile(degrees, POWER) * error)


def epochs_to_tell(estimate: Estimate, tolerance: Tolerance, level: float) -> int | None:
    """How many epochs in all would probably settle a cell that so far came to this estimate.

    Either the 90 % interval fits inside the margin, or a change of the size now estimated (at least the smallest that
    matters) is found with 95 % power at `level`; None where a million epochs would do neither.
    """
    spread, distance = estimate.spread, abs(estimate.centre)
    room = math.log1p(tolerance.margin) - distance
    change = max(distance, math.log1p(tolerance.effect))

    def enough(epochs: int) -> bool:
        error, degrees = spread / math.sqrt(epochs), freedom(epochs)
        tail = quantile(degrees, POWER)
        return tail * error <= room or (tail + quantile(degrees, 1.0 - level)) * error <= change

    fewest = estimate.epochs + 1
    found = fewest + bisect.bisect_left(range(fewest, MOST), True, key=enough)
    return found if found < MOST else None
