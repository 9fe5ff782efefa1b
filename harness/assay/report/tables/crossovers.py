"""Between which two lengths one implementation becomes faster than another: only where both ratios tell."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from assay.records.metric_clock import ratio_clock
from assay.records.results import Measurement
from assay.stats.paired_ratio import Ratio, paired_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossover:
    """The `faster` one is slower than the `slower` one at the `shorter` length, and faster at the `longer` one.

    The ratios are its time over that of the other; the interval of `before` lies above 1, that of `after` below.
    """

    slower: str
    faster: str
    shorter: int
    longer: int
    before: Ratio
    after: Ratio

    def __str__(self) -> str:
        return (
            f"{self.faster} becomes faster than {self.slower} between {self.shorter:,} and {self.longer:,} positions:"
            f" from {_text(self.before)} to {_text(self.after)} of its time"
        )


def crossovers(rows: Mapping[tuple[str, int], Measurement]) -> Iterator[Crossover]:
    """Yield where two plugins cross, from their rows by plugin and length.

    Rows of one length are of one group, sampled in the same rounds. A length of which the 95 % interval of the ratio
    holds 1 does not count, nor do rows without samples.
    """
    for first, second in itertools.combinations(dict.fromkeys(plugin for plugin, _ in rows), 2):
        lengths = sorted(length for plugin, length in rows if plugin == first and (second, length) in rows)
        ratios = {length: _ratio(rows[second, length], rows[first, length]) for length in lengths}
        clear = [(length, one) for length, one in ratios.items() if one is not None and (one.low > 1 or one.high < 1)]
        for (shorter, before), (longer, after) in itertools.pairwise(clear):
            turns = partial(Crossover, shorter=shorter, longer=longer)
            if before.low > 1 > after.high:
                yield turns(slower=first, faster=second, before=before, after=after)
            elif before.high < 1 < after.low:
                yield turns(slower=second, faster=first, before=_inverse(before), after=_inverse(after))


def _ratio(candidate: Measurement, baseline: Measurement) -> Ratio | None:
    """Return the time of one row over that of another of its group, by the clock of both."""
    ours, theirs = candidate.samples("step"), baseline.samples("step")
    clock = ratio_clock(candidate, "step")
    shared = {sample.epoch for sample in ours} & {sample.epoch for sample in theirs}
    if not shared or ratio_clock(baseline, "step") != clock:
        return None
    return paired_ratio(ours, theirs, clock=clock)


def _inverse(ratio: Ratio) -> Ratio:
    return Ratio(value=1 / ratio.value, low=1 / ratio.high, high=1 / ratio.low, pairs=ratio.pairs, epochs=ratio.epochs)


def _text(ratio: Ratio) -> str:
    return f"{ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
