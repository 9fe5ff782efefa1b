"""Summaries of samples, with numbers worked out by hand."""

from __future__ import annotations

import math
import random
import statistics
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.records import Sample
from assay.stats import Ratio, Summary, median_interval, paired_ratio, summarise


def samples(*walls: int, loops: int = 1) -> list[Sample]:
    return [Sample(loops=loops, wall_ns=wall, cpu_ns=wall) for wall in walls]


def test_five_samples() -> None:
    # Quartiles of 10, 20, 30, 40, 100 are 20 and 40.
    summary = summarise(samples(100, 10, 40, 20, 30))
    assert summary == Summary(median_ns=30.0, spread=pytest.approx(10 / 30), contention=1.0, samples=5)


def test_four_samples() -> None:
    # Between the samples the quartiles are interpolated: 17.5 and 32.5.
    summary = summarise(samples(10, 20, 30, 40))
    assert (summary.median_ns, summary.spread) == (25.0, pytest.approx(7.5 / 25))


def test_one_sample_has_no_spread() -> None:
    assert summarise(samples(30)) == Summary(median_ns=30.0, spread=0.0, contention=1.0, samples=1)


def test_no_sample_is_an_error() -> None:
    with pytest.raises(statistics.StatisticsError):
        summarise([])


def test_time_is_that_of_one_call() -> None:
    assert summarise(samples(300, loops=100)).median_ns == 3.0
    assert summarise([*samples(10), *samples(200, loops=10), *samples(3000, loops=100)]).median_ns == 20.0


def test_one_slow_sample_moves_nothing() -> None:
    calm, disturbed = (summarise(samples(10, 11, 12, 13, last)) for last in (14, 10**9))
    assert disturbed == calm


def test_contention_is_the_median_of_wall_over_cpu() -> None:
    readings = [Sample(loops=7, wall_ns=wall, cpu_ns=100) for wall in (100, 150, 900)]
    assert summarise(readings).contention == 1.5


def test_no_cpu_time_at_all() -> None:
    assert summarise([Sample(loops=1, wall_ns=50, cpu_ns=0)]).contention == 50.0
    assert summarise([Sample(loops=1, wall_ns=0, cpu_ns=0)] * 2) == Summary(
        median_ns=0.0, spread=0.0, contention=0.0, samples=2
    )


@given(walls=st.lists(st.integers(1, 10**12), min_size=1, max_size=50), factor=st.integers(2, 1000))
def test_a_faster_clock_changes_only_the_median(walls: list[int], factor: int) -> None:
    one, other = summarise(samples(*walls)), summarise(samples(*(wall * factor for wall in walls)))
    assert other.median_ns == pytest.approx(one.median_ns * factor)
    assert other.spread == pytest.approx(one.spread)
    assert min(walls) <= one.median_ns <= max(walls)
    assert one.samples == len(walls)


class TestPairedRatio:
    @pytest.mark.parametrize("pairs", range(1, 6))
    def test_fewer_than_six_pairs_have_no_interval(self, pairs: int) -> None:
        ratio = paired_ratio(samples(*[30] * pairs), samples(*[20] * pairs))
        assert ratio == Ratio(value=pytest.approx(1.5), low=0.0, high=math.inf, pairs=pairs)

    def test_no_interval_is_infinitely_wide(self) -> None:
        assert paired_ratio(samples(30, 30), samples(20, 20)).width == math.inf

    @pytest.mark.parametrize(("pairs", "rank"), [(6, 0), (8, 0), (9, 1), (11, 1), (12, 2), (17, 4), (20, 5), (25, 7)])
    def test_the_interval_is_between_two_pairs(self, pairs: int, rank: int) -> None:
        """The ranks are those of the table of the sign test at 5 %, two-sided."""
        ratios = [100 + number for number in range(pairs)]
        random.Random(1).shuffle(ratios)
        ratio = paired_ratio(samples(*ratios), samples(*[100] * pairs))
        assert ratio.low == pytest.approx((100 + rank) / 100)
        assert ratio.high == pytest.approx((100 + pairs - 1 - rank) / 100)

    @pytest.mark.parametrize("pairs", range(6, 13))
    def test_it_covers_the_median_in_95_of_100_and_no_smaller_one_does(self, pairs: int) -> None:
        """Over all ways in which the pairs can fall above (True) or below the true ratio of 1."""
        ratio = paired_ratio(samples(*range(1, pairs + 1)), samples(*[1] * pairs))
        rank = round(ratio.low) - 1
        ways = [sum(way) for way in product((False, True), repeat=pairs)]

        def missed(rank: int) -> float:
            return sum(below <= rank or below >= pairs - rank for below in ways) / len(ways)

        assert missed(rank) <= 0.05 < missed(rank + 1)

    def test_pairs_belong_together(self) -> None:
        # The machine slows down tenfold, and both with it.
        slowing = [1000 * (1 + number) for number in range(10)]
        ratio = paired_ratio(samples(*(2 * wall for wall in slowing)), samples(*slowing))
        assert (ratio.value, ratio.low, ratio.high) == (pytest.approx(2.0),) * 3
        assert ratio.width == pytest.approx(0.0, abs=1e-12)

    def test_what_has_no_partner_is_left_out(self) -> None:
        assert paired_ratio(samples(*[30] * 9), samples(*[20] * 7)).pairs == 7

    def test_one_wild_pair_moves_nothing(self) -> None:
        walls = [90, 95, 100, 102, 104, 106, 108, 110, 112]
        calm = paired_ratio(samples(*walls, 114), samples(*[100] * 10))
        wild = paired_ratio(samples(*walls, 10**9), samples(*[100] * 10))
        assert (calm.value, calm.low, calm.high) == (wild.value, wild.low, wild.high)

    def test_cpu_time_is_judged_unless_the_wall_is_asked_for(self) -> None:
        ours, theirs = ([Sample(loops=2, wall_ns=w, cpu_ns=c)] * 6 for w, c in ((400, 300), (100, 200)))
        assert paired_ratio(ours, theirs).value == pytest.approx(1.5)
        assert paired_ratio(ours, theirs, clock="wall").value == pytest.approx(4.0)

    def test_loops_are_divided_out(self) -> None:
        assert paired_ratio(samples(*[900] * 6, loops=9), samples(*[100] * 6)).value == pytest.approx(1.0)

    @given(pairs=st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 10**9)), min_size=6, max_size=40))
    def test_the_other_way_round_it_is_the_inverse(self, pairs: list[tuple[int, int]]) -> None:
        ours, theirs = (samples(*walls) for walls in zip(*pairs, strict=True))
        there, back = paired_ratio(ours, theirs), paired_ratio(theirs, ours)
        assert there.low <= there.value * (1 + 1e-9)
        assert there.value <= there.high * (1 + 1e-9)
        assert there.value * back.value == pytest.approx(1.0)
        assert there.low * back.high == pytest.approx(1.0)
        assert there.width == pytest.approx(back.width)

    def test_no_time_at_all_is_taken_as_a_nanosecond(self) -> None:
        assert paired_ratio(samples(*[0] * 6), samples(*[1] * 6)).value == 1.0


class TestMedianInterval:
    def test_it_is_relative_to_the_median(self) -> None:
        interval = median_interval(samples(98, 99, 100, 101, 102, 103, 97))
        assert (interval.value, interval.low, interval.high) == (1.0, pytest.approx(0.97), pytest.approx(1.03))

    def test_few_samples_have_none(self) -> None:
        assert median_interval(samples(1, 2, 3)) == Ratio(value=1.0, low=0.0, high=math.inf, pairs=3)

    @given(walls=st.lists(st.integers(1, 10**9), min_size=6, max_size=40))
    def test_the_median_lies_in_it(self, walls: list[int]) -> None:
        interval = median_interval(samples(*walls))
        assert interval.low <= 1.0 + 1e-9
        assert interval.high >= 1.0 - 1e-9
