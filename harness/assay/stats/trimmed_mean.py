"""From timed samples to one log ratio per epoch, and from the epochs to an estimate that knows its error."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from scipy.special import stdtr, stdtrit

from assay.records.results import Sample
from assay.records.verdicts import EpochRatio

FEWEST_TO_TRIM = 10


def reading(epoch: int, candidate: Sequence[Sample], baseline: Sequence[Sample], seconds: float) -> EpochRatio:
    """Reduce the samples of one epoch to the medians of the log ratios of its pairs.

    The n-th samples of both sides were taken next to each other and make a pair, so what slows the machine down
    for longer than a pair falls out. Of unequal numbers the surplus is left out. `seconds` is the wall time that
    the samples took. Raises `ValueError` where there is no pair.
    """
    pairs = list(zip(candidate, baseline, strict=False))
    if not pairs:
        raise ValueError(f"epoch {epoch} has no pair of samples")
    return EpochRatio(
        epoch=epoch,
        cpu=statistics.median(_log_ratio(a.cpu_ns, a.iterations, b.cpu_ns, b.iterations) for a, b in pairs),
        wall=statistics.median(_log_ratio(a.wall_ns, a.iterations, b.wall_ns, b.iterations) for a, b in pairs),
        pairs=len(pairs),
        seconds=seconds,
    )


def _log_ratio(ours: int, our_loops: int, theirs: int, their_loops: int) -> float:
    """The log of time per loop over time per loop; a clock too coarse to see a sample is taken to say 1 ns."""
    return math.log(max(1, ours) * their_loops / (max(1, theirs) * our_loops))


@dataclass(frozen=True, slots=True)
class Estimate:
    """The log ratio `centre` with its standard `error`, which has so many degrees of `freedom`."""

    centre: float
    error: float
    freedom: float
    epochs: int

    @property
    def ratio(self) -> float:
        """Candidate time over baseline time."""
        return math.exp(self.centre)

    @property
    def spread(self) -> float:
        """The standard deviation of a single epoch that this error amounts to."""
        return self.error * math.sqrt(self.epochs)

    @property
    def p_slower(self) -> float:
        """The one-sided p-value against "not slower"."""
        if not self.error:
            return 0.5 - 0.5 * ((self.centre > 0) - (self.centre < 0))
        return float(stdtr(self.freedom, -self.centre / self.error))

    @property
    def p_faster(self) -> float:
        """The one-sided p-value against "not faster"."""
        return Estimate(-self.centre, self.error, self.freedom, self.epochs).p_slower

    def logs(self, level: float) -> tuple[float, float]:
        """The interval of the log ratio that holds the truth in this share of cases."""
        half = self.error * quantile(self.freedom, 0.5 + level / 2)
        return self.centre - half, self.centre + half

    def interval(self, level: float) -> tuple[float, float]:
        """The interval of the ratio that holds the truth in this share of cases; a point where nothing varied."""
        low, high = self.logs(level)
        return math.exp(low), math.exp(high)


def estimate(logs: Sequence[float]) -> Estimate:
    """Estimate the log ratio from those of at least two epochs.

    The mean without the smallest and the largest eighth (from ten epochs on; before, the plain mean), because now
    and then a process is slower by 5 to 8 % for its whole life. Its error is that of the winsorised values (Tukey
    and McLaughlin 1963; Wilcox, Introduction to Robust Estimation, section 3.3.2): with g values cut from each
    side of n, the root of their sum of squares over h (h - 1), where h = n - 2g. Their t has h - 1 degrees of freedom,
    with which it is too bold far out (of 16 to 32 normal values, 1.1 to 1.4 times the level at 1 in 1,000 and 1 in
    10,000), so we take g / 2 fewer, with which it keeps the level there within a tenth; measured by us, and held by
    `tests/stats/test_trimmed_mean.py`. Raises `ValueError` for fewer than two epochs.
    """
    epochs = len(logs)
    if epochs < 2:
        raise ValueError(f"an error needs two epochs, not {epochs}")
    cut = trim(epochs)
    ordered = sorted(logs)
    kept = ordered[cut : epochs - cut]
    low, high = kept[0], kept[-1]
    if low == high:
        return Estimate(low, 0.0, freedom(epochs), epochs)
    total = math.fsum(kept)
    middle = (total + cut * (low + high)) / epochs  # the mean of the winsorised values
    squares = math.fsum([(log - middle) ** 2 for log in kept])
    squares += cut * ((low - middle) ** 2 + (high - middle) ** 2)
    size = len(kept)
    return Estimate(total / size, math.sqrt(squares / (size * (size - 1))), freedom(epochs), epochs)


def trim(epochs: int) -> int:
    """How many epochs are left out at each end."""
    return epochs // 8 if epochs >= FEWEST_TO_TRIM else 0


def freedom(epochs: int) -> float:
    """The degrees of freedom of the estimate from so many epochs."""
    return epochs - 1 - 2.5 * trim(epochs)


@lru_cache(maxsize=4096)
def quantile(freedom: float, level: float) -> float:
    """The point below which this share of Student's t lies."""
    return float(stdtrit(freedom, level))
