"""The calibration of checks, on checks that cost nothing."""

from __future__ import annotations

import pytest

from assay.comparison.calibration import SlowdownTally, calibrate
from assay.records.verdicts import Judgement, Verdict

PLANTED = tuple(SlowdownTally(percent=percent, ratio=1 + percent / 100, read=percent / 100) for percent in (0, 1, 5))


def judged(verdict: Verdict = Verdict.UNCHANGED, low: float | None = 0.99, high: float | None = 1.02) -> Judgement:
    return Judgement(cell="c/encode", verdict=verdict, low=low, high=high, ratio=1.0, epochs=8)


class Clock:
    """Each check takes so many seconds."""

    def __init__(self, check_s: float) -> None:
        self.check_s, self.now, self.asked = check_s, 0.0, list[tuple[int, int]]()

    def check(self, percent: int, seed: int) -> Judgement:
        self.asked.append((percent, seed))
        self.now += self.check_s
        return judged()

    def time(self) -> float:
        return self.now


def test_every_slowdown_is_checked_once_a_round_each_time_with_another_seed() -> None:
    clock = Clock(1.0)
    found = calibrate(PLANTED, clock.check, repeats=4, now=clock.time)
    assert [len(tally.checks) for tally in found.tallies] == [4, 4, 4]
    assert (found.seconds, found.interrupted) == (12.0, False)
    rounds = [[percent for percent, _ in clock.asked[start : start + 3]] for start in range(0, 12, 3)]
    assert all(sorted(one) == [0, 1, 5] for one in rounds)
    assert len({tuple(one) for one in rounds}) > 1
    assert len({seed for _, seed in clock.asked}) == 12


@pytest.mark.parametrize(("check_s", "rounds"), [(10.0, 20), (70.0, 2), (101.0, 1), (1000.0, 1)])
def test_by_default_there_are_as_many_rounds_as_fit_into_the_time_and_one_at_least(check_s: float, rounds: int) -> None:
    clock = Clock(check_s)
    found = calibrate(PLANTED, clock.check, total_s=600.0, now=clock.time)
    assert [len(tally.checks) for tally in found.tallies] == [rounds] * 3


def test_what_was_found_and_what_the_intervals_hold_is_counted() -> None:
    verdicts = {
        0: [judged(Verdict.REGRESSED, 1.01, 1.03), judged(), judged()],
        1: [judged(), judged(Verdict.INCONCLUSIVE, None, None), judged(low=0.99, high=1.005)],
        5: [judged(Verdict.REGRESSED, 1.05, 1.06), judged(Verdict.REGRESSED, 1.04, 1.05), judged()],
    }
    found = calibrate(PLANTED, lambda percent, seed: verdicts[percent].pop(), repeats=3)
    none, one, five = found.tallies
    assert [tally.found for tally in found.tallies] == [1, 0, 2]
    assert [(tally.covered, tally.intervals) for tally in found.tallies] == [(2, 3), (1, 2), (2, 3)]
    assert found.coverage == (5, 8)
    assert dict(none.verdicts) == {"unchanged": 2, "regressed": 1}
    assert dict(one.verdicts) == {"unchanged": 2, "inconclusive": 1}
    assert (five.ratio, five.read) == (1.05, 0.05)


def test_an_interruption_keeps_the_checks_that_ended() -> None:
    checked: list[int] = []

    def check(percent: int, seed: int) -> Judgement:
        if len(checked) == 4:
            raise KeyboardInterrupt
        checked.append(percent)
        return judged()

    told: list[int] = []
    found = calibrate(PLANTED, check, repeats=9, ended=lambda percent, judgement: told.append(percent))
    assert found.interrupted
    assert sum(len(tally.checks) for tally in found.tallies) == 4
    assert told == checked
