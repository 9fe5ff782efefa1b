"""The log ratio of one epoch, and the trimmed mean over epochs with its standard error."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy.special import stdtr

from assay.records.results import Sample
from assay.records.verdicts import EpochRatio
from assay.stats.paired_ratio import log_ratio, student_quantile

FEWEST_TO_TRIM = 10


def epoch_ratio(epoch: int, candidate: Sequence[Sample], baseline: Sequence[Sample], seconds: float) -> EpochRatio:
    """Reduce the samples of one epoch to the medians of the log ratios of its pairs.

    The n-th samples of both sides were taken next to each other and make a pair, so what slows the machine down
    for longer than a pair falls out. Samples without a partner are ignored. `seconds` is the wall time that the
    samples took. Raises `ValueError` where there is no pair.
    """
    pairs = list(zip(candidate, baseline, strict=False))
    if not pairs:
        raise ValueError(f"epoch {epoch} has no pair of samples")
    return EpochRatio(
        epoch=epoch,
        cpu=statistics.median(log_ratio(ours, theirs, "cpu") for ours, theirs in pairs),
        wall=statistics.median(log_ratio(ours, theirs, "wall") for ours, theirs in pairs),
        pairs=len(pairs),
        seconds=seconds,
    )


@dataclass(frozen=True, slots=True)
class Estimate:
    """The log ratio `centre` with its standard `error` and the degrees of `freedom` of that."""

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
        """The standard deviation of a single epoch that corresponds to this error."""
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
        return replace(self, centre=-self.centre).p_slower

    def log_interval(self, level: float) -> tuple[float, float]:
        """Return the confidence interval of the log ratio at this level."""
        half = self.error * student_quantile(self.freedom, 0.5 + level / 2)
        return self.centre - half, self.centre + half

    def interval(self, level: float) -> tuple[float, float]:
        """Return the confidence interval of the ratio at this level; a point where nothing varied."""
        low, high = self.log_interval(level)
        return math.exp(low), math.exp(high)


def estimate(logs: Sequence[float]) -> Estimate:
    """Estimate the log ratio from those of at least two epochs.

    It is the mean without the smallest and the largest eighth (from ten epochs on; before, the plain mean), because now
    and then a process is slower by 5 to 8 % for its whole life. Its error is that of the winsorised values (Tukey
    and McLaughlin 1963; Wilcox, Introduction to Robust Estimation, section 3.3.2): with g values cut from each
    side of n, the root of their sum of squares over h (h - 1), where h = n - 2g. The usual h - 1 degrees of freedom
    raise too many alarms far out: of 16 to 32 normal values, 1.1 to 1.4 times the level at 1 in 1,000 and 1 in 10,000.
    So we take g / 2 fewer, which keeps that level within a tenth; `tests/stats/test_trimmed_mean.py` measures it.
    Raises `ValueError` for fewer than two epochs.
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
    """Return how many epochs are trimmed at each end."""
    return epochs // 8 if epochs >= FEWEST_TO_TRIM else 0


def freedom(epochs: int) -> float:
    """Return the degrees of freedom of the estimate from so many epochs."""
    return epochs - 1 - 2.5 * trim(epochs)
