"""The calibration of checks: how often they find planted slowdowns on this machine, and how often they are wrong."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assay.records.verdicts import Judgement, Verdict

SLOWDOWNS = (0, 1, 3, 5)  # percent
TOTAL_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowdownTally:
    """The checks of one planted slowdown: the `ratio` that was planted, the share that was `read`, the verdicts."""

    percent: int
    ratio: float
    read: float
    checks: tuple[Judgement, ...] = ()

    @property
    def found(self) -> int:
        """How many checks called it slower: without a slowdown these are false alarms."""
        return sum(one.verdict is Verdict.REGRESSED for one in self.checks)

    @property
    def intervals(self) -> int:
        """How many checks had an interval."""
        return sum(one.low is not None and one.high is not None for one in self.checks)

    @property
    def covered(self) -> int:
        """How many of the 95 % intervals hold the ratio that was planted."""
        bounds = [(one.low, one.high) for one in self.checks]
        return sum(low is not None and high is not None and low <= self.ratio <= high for low, high in bounds)

    @property
    def verdicts(self) -> Mapping[str, int]:
        """How many checks had which verdict, the most frequent first."""
        return dict(Counter(str(one.verdict) for one in self.checks).most_common())


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """All checks of a calibration; `interrupted` where it ended before its time."""

    tallies: tuple[SlowdownTally, ...]
    seconds: float
    interrupted: bool

    @property
    def coverage(self) -> tuple[int, int]:
        """How many 95 % intervals hold the planted ratio, and how many there are."""
        return sum(tally.covered for tally in self.tallies), sum(tally.intervals for tally in self.tallies)


def calibrate(
    planted: Sequence[SlowdownTally],
    check: Callable[[int, int], Judgement],
    *,
    repeats: int | None = None,
    total_s: float = TOTAL_S,
    seed: int = 0,
    ended: Callable[[int, Judgement], object] = lambda percent, judgement: None,
    now: Callable[[], float] = time.monotonic,
) -> Calibration:
    """Check every planted slowdown once a round, in random order, for so many rounds.

    Without `repeats` there are as many rounds as fit into `total_s`, one at least. `check` is given the percent and a
    seed. It may raise `KeyboardInterrupt`: the checks that ended until then are the result.
    """
    found: dict[int, list[Judgement]] = {tally.percent: [] for tally in planted}
    start, chance, rounds, interrupted = now(), random.Random(seed), 0, False

    def more() -> bool:
        if repeats is not None:
            return rounds < repeats
        return not rounds or (now() - start) * (rounds + 1) / rounds <= total_s

    try:
        while more():
            for percent in chance.sample(list(found), len(found)):
                judgement = check(percent, chance.randrange(1 << 32))
                found[percent].append(judgement)
                ended(percent, judgement)
            rounds += 1
    except KeyboardInterrupt:
        interrupted = True
    return Calibration(
        tallies=tuple(
            SlowdownTally(percent=each.percent, ratio=each.ratio, read=each.read, checks=tuple(found[each.percent]))
            for each in planted
        ),
        seconds=now() - start,
        interrupted=interrupted,
    )
