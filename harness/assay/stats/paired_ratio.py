"""Ratios of samples that were taken in pairs: the median and the spread, never the minimum."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assay.records.results import Sample
from assay.records.verdicts import Clock

BETWEEN_PROCESSES = 0.02
CORRELATION = 0.4  # of two epochs of one run: with it the intervals were found to hold, see docs/measuring.md
NORMAL = 1.96
NORMAL_PER_MAD = 1.4826
FEWEST_PAIRS = 7
FEWEST_TO_GUESS = 3
MOST_PAIRS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The samples of one timed operation, summarised.

    `median_ns` is the median time of one call by the clock asked for, `wall_ns` by wall time. `spread` is half the
    distance between the quartiles as a share of the median. `contention` is the median of wall time over CPU time
    (1.0 where the process had a core to itself).
    """

    median_ns: float
    wall_ns: float
    spread: float
    contention: float
    samples: int


def summarise(samples: Sequence[Sample], clock: Clock) -> Summary:
    """Summarise at least one sample."""
    times = [per_iteration(sample, clock) for sample in samples]
    median = statistics.median(times)
    spread = 0.0
    if len(times) > 1:
        low, _, high = statistics.quantiles(times, n=4, method="inclusive")
        spread = (high - low) / 2 / median if median else 0.0
    contention = statistics.median(sample.wall_ns / max(1, sample.cpu_ns) for sample in samples)
    wall = statistics.median(sample.wall_ns / sample.iterations for sample in samples)
    return Summary(median_ns=median, wall_ns=wall, spread=spread, contention=contention, samples=len(times))


def least_ns(samples: Sequence[Sample], clock: Clock) -> float:
    """Return the least time of a call over some samples, in nanoseconds."""
    return min(per_iteration(sample, clock) for sample in samples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Candidate time over baseline time, above 1 is slower, with a 95 % interval.

    From so many pairs of samples, in so many epochs (pairs of fresh processes).
    """

    value: float
    low: float
    high: float
    pairs: int
    epochs: int

    @property
    def width(self) -> float:
        """The larger distance from the ratio to an end of its interval, as a share of the ratio."""
        return max(self.high / self.value, self.value / self.low) - 1.0 if self.low else math.inf


def paired_ratio(
    candidate: Sequence[Sample],
    baseline: Sequence[Sample],
    *,
    clock: Clock = "cpu",
    between: float = BETWEEN_PROCESSES,
) -> Ratio:
    """Estimate a ratio from samples that were taken in turn: the n-th of both belong to the same round.

    In each epoch the estimate is the Hodges-Lehmann estimate of the log ratios of the pairs, the median of
    all their means of two (Hodges and Lehmann 1963): nearly as sharp as the mean, and unmoved by wild pairs.
    The same is taken over the epochs, since now and then a process is slower by a tenth for its whole life.
    The interval is Student's t over three or more epochs, since identical code differs from process to process. It
    allows for what the epochs of one run have in common, the state of the machine meanwhile. Fewer epochs have that of
    Wilcoxon's signed ranks over the pairs (Conover, Practical Nonparametric Statistics, section 5.7), which knows only
    the noise within the processes. It is widened by how much ratios of identical code usually differ `between`
    processes, root mean square, as squares add up.
    Fewer than seven pairs have no interval: it is then infinitely wide.
    """
    by_epoch: dict[int, list[float]] = {}
    for ours, theirs in _pairs(candidate, baseline):
        by_epoch.setdefault(ours.epoch, []).append(log_ratio(ours, theirs, clock))
    pairs = sum(map(len, by_epoch.values()))
    walsh = {epoch: _means_of_two(logs) for epoch, logs in by_epoch.items()}
    centres = [statistics.median(means) for means in walsh.values()]
    centre = statistics.median(_means_of_two(centres))
    if len(centres) > 2 and pairs >= FEWEST_PAIRS:
        half = student_quantile(len(centres) - 1, 0.975) * _standard_error(centres)
        low, high = centre - half, centre + half
    else:
        bounds = [_signed_rank_interval(means, min(MOST_PAIRS, len(by_epoch[epoch]))) for epoch, means in walsh.items()]
        low = centre - math.hypot(centre - min(low for low, _ in bounds), NORMAL * between)
        high = centre + math.hypot(max(high for _, high in bounds) - centre, NORMAL * between)
    return Ratio(value=math.exp(centre), low=math.exp(low), high=math.exp(high), pairs=pairs, epochs=len(centres))


def precision(candidate: Sequence[Sample], baseline: Sequence[Sample], *, clock: Clock = "cpu") -> float:
    """Return how far a 95 % interval of the ratio of the pairs reaches, as a share: a guess that is cheap to repeat.

    It is that of normal errors, whose spread is guessed from the median absolute deviation, which wild pairs leave
    alone. A sequence against itself is judged by its own times. Fewer than three pairs know nothing.
    """
    if candidate is baseline:
        logs = [math.log(per_iteration(sample, clock)) for sample in candidate]
    else:
        logs = [log_ratio(ours, theirs, clock) for ours, theirs in _pairs(candidate, baseline)]
    if len(logs) < FEWEST_TO_GUESS:
        return math.inf
    middle = statistics.median(logs)
    deviation = NORMAL_PER_MAD * statistics.median(abs(log - middle) for log in logs)
    return math.expm1(NORMAL * deviation / math.sqrt(len(logs)))


def log_ratio(candidate: Sample, baseline: Sample, clock: Clock) -> float:
    """Return the log of time per loop over time per loop."""
    return math.log(per_iteration(candidate, clock) / per_iteration(baseline, clock))


@lru_cache(maxsize=4096)
def student_quantile(freedom: float, level: float) -> float:
    """Return the point below which this share of Student's t lies."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, level))


def _standard_error(centres: Sequence[float]) -> float:
    """The standard error of the mean of values of which any two are correlated as two epochs of one run are."""
    count = len(centres)
    shared = (1 + (count - 1) * CORRELATION) / (1 - CORRELATION)
    return statistics.stdev(centres) * math.sqrt(shared / count)


def _pairs(candidate: Sequence[Sample], baseline: Sequence[Sample]) -> Iterator[tuple[Sample, Sample]]:
    """The samples of the same rounds; one that stopped early in an epoch has no partners for the rest of it."""
    theirs = {epoch: list(samples) for epoch, samples in itertools.groupby(baseline, key=lambda sample: sample.epoch)}
    for epoch, ours in itertools.groupby(candidate, key=lambda sample: sample.epoch):
        yield from zip(ours, theirs.get(epoch, ()), strict=False)


def per_iteration(sample: Sample, clock: Clock) -> float:
    """Return the time per iteration; a clock too coarse to see a sample is taken to say 1 ns."""
    return max(1, sample.cpu_ns if clock == "cpu" else sample.wall_ns) / sample.iterations


def _means_of_two(values: Sequence[float]) -> list[float]:
    """All Walsh averages, sorted; of a long sequence, those of evenly spaced blocks' means."""
    if len(values) > MOST_PAIRS:
        edges = [round(index * len(values) / MOST_PAIRS) for index in range(MOST_PAIRS + 1)]
        values = [statistics.fmean(values[start:end]) for start, end in itertools.pairwise(edges)]
    return sorted((a + b) / 2 for index, a in enumerate(values) for b in values[index:])


def _signed_rank_interval(means: Sequence[float], count: int) -> tuple[float, float]:
    spread = math.sqrt(count * (count + 1) * (2 * count + 1) / 24)
    rank = math.floor(count * (count + 1) / 4 - NORMAL * spread)
    return (means[rank], means[-1 - rank]) if rank >= 0 and count >= FEWEST_PAIRS else (-math.inf, math.inf)
