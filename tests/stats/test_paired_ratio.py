"""Summaries of samples, with numbers worked out by hand, and intervals that cover what they promise."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.records.results import Sample
from assay.stats.paired_ratio import (
    CORRELATION,
    MOST_PAIRS,
    Ratio,
    Summary,
    paired_ratio,
    precision,
    student_quantile,
    summarise,
)

UNIT = 10**9
TIMES = st.tuples(st.integers(1, UNIT), st.integers(1, UNIT))
# Student's t at 97.5 % by degrees of freedom, from 1 on: the printed table.
STUDENT = """
12.706 4.303 3.182 2.776 2.571 2.447 2.365 2.306 2.262 2.228 2.201 2.179 2.160 2.145 2.131
2.120 2.110 2.101 2.093 2.086 2.080 2.074 2.069 2.064 2.060 2.056 2.052 2.048 2.045 2.042
"""


def samples(*walls: int, iterations: int = 1, epoch: int = 0) -> list[Sample]:
    return [Sample(iterations=iterations, wall_ns=wall, cpu_ns=wall, epoch=epoch) for wall in walls]


def sides(epochs: Sequence[Sequence[tuple[int, int]]]) -> tuple[list[Sample], list[Sample]]:
    """Candidate and baseline from pairs of times, epoch by epoch."""
    ours = [sample for epoch, pairs in enumerate(epochs) for a, _ in pairs for sample in samples(a, epoch=epoch)]
    theirs = [sample for epoch, pairs in enumerate(epochs) for _, b in pairs for sample in samples(b, epoch=epoch)]
    return ours, theirs


def pairs_with(*epochs: Sequence[float]) -> tuple[list[Sample], list[Sample]]:
    """Candidate and baseline whose pairs have these ratios, epoch by epoch."""
    return sides([[(round(ratio * UNIT), UNIT) for ratio in ratios] for ratios in epochs])


def test_five_samples() -> None:
    # Quartiles of 10, 20, 30, 40, 100 are 20 and 40.
    summary = summarise(samples(100, 10, 40, 20, 30), "wall")
    assert summary == Summary(median_ns=30.0, wall_ns=30.0, spread=pytest.approx(10 / 30), contention=1.0, samples=5)


def test_four_samples() -> None:
    # Between the samples the quartiles are interpolated: 17.5 and 32.5.
    summary = summarise(samples(10, 20, 30, 40), "wall")
    assert (summary.median_ns, summary.spread) == (25.0, pytest.approx(7.5 / 25))


def test_one_sample_has_no_spread() -> None:
    assert summarise(samples(30), "wall") == Summary(
        median_ns=30.0, wall_ns=30.0, spread=0.0, contention=1.0, samples=1
    )


def test_no_sample_is_an_error() -> None:
    with pytest.raises(statistics.StatisticsError):
        summarise([], "wall")


def test_time_is_that_of_one_call() -> None:
    assert summarise(samples(300, iterations=100), "wall").median_ns == 3.0
    assert (
        summarise([*samples(10), *samples(200, iterations=10), *samples(3000, iterations=100)], "wall").median_ns
        == 20.0
    )


def test_one_slow_sample_moves_nothing() -> None:
    calm, disturbed = (summarise(samples(10, 11, 12, 13, last), "wall") for last in (14, 10**9))
    assert disturbed == calm


def test_contention_is_the_median_of_wall_over_cpu() -> None:
    readings = [Sample(iterations=7, wall_ns=wall, cpu_ns=100) for wall in (100, 150, 900)]
    assert summarise(readings, "wall").contention == 1.5


def test_the_clock_asked_for_is_the_one_of_the_median_and_the_spread() -> None:
    readings = [Sample(iterations=2, wall_ns=wall, cpu_ns=cpu) for wall, cpu in ((900, 100), (400, 140), (500, 180))]
    by_cpu, by_wall = summarise(readings, "cpu"), summarise(readings, "wall")
    assert (by_cpu.median_ns, by_cpu.wall_ns, by_cpu.spread) == (70.0, 250.0, pytest.approx(20 / 140))
    assert (by_wall.median_ns, by_wall.wall_ns, by_wall.spread) == (250.0, 250.0, pytest.approx(0.25))


def test_no_cpu_time_at_all() -> None:
    assert summarise([Sample(iterations=1, wall_ns=50, cpu_ns=0)], "wall").contention == 50.0
    assert summarise([Sample(iterations=1, wall_ns=0, cpu_ns=0)] * 2, "wall") == Summary(
        median_ns=1.0, wall_ns=0.0, spread=0.0, contention=0.0, samples=2
    )


@given(walls=st.lists(st.integers(1, 10**12), min_size=1, max_size=50), factor=st.integers(2, 1000))
def test_a_faster_clock_changes_only_the_median(walls: list[int], factor: int) -> None:
    one, other = summarise(samples(*walls), "wall"), summarise(samples(*(wall * factor for wall in walls)), "wall")
    assert other.median_ns == pytest.approx(one.median_ns * factor)
    assert other.spread == pytest.approx(one.spread)
    assert min(walls) <= one.median_ns <= max(walls)
    assert one.samples == len(walls)


class TestPairedRatio:
    @pytest.mark.parametrize("pairs", range(1, 6))
    def test_fewer_than_six_pairs_have_no_interval(self, pairs: int) -> None:
        ratio = paired_ratio(samples(*[30] * pairs), samples(*[20] * pairs))
        assert ratio == Ratio(value=pytest.approx(1.5), low=0.0, high=math.inf, pairs=pairs, epochs=1)

    def test_no_interval_is_infinitely_wide(self) -> None:
        assert paired_ratio(samples(30, 30), samples(20, 20)).width == math.inf

    def test_no_pair_is_an_error(self) -> None:
        with pytest.raises(statistics.StatisticsError):
            paired_ratio([], samples(1))

    def test_it_is_the_median_of_all_means_of_two(self) -> None:
        # The logs 0 1 2 4 12 have the means of two 0 .5 1 1 1.5 2 2 | 2.5 | 3 4 6 6.5 7 8 12.
        assert paired_ratio(samples(*(4**log for log in (0, 1, 2, 4, 12))), samples(*[1] * 5)).value == pytest.approx(
            4**2.5
        )

    @pytest.mark.parametrize("pairs", range(7, 13))
    def test_its_interval_covers_the_truth_in_95_of_100(self, pairs: int) -> None:
        """Exactly, over all ways in which the pairs can fall above or below the true ratio.

        The interval ends at one of the means of two: here all differ, so that it is known at which. So many
        lie on one side of the truth with the chances of Wilcoxon's signed ranks. Half a point is left to the
        normal approximation.
        """
        logs = [1e-5 * 3**number for number in range(pairs)]
        means = sorted((a + b) / 2 for number, a in enumerate(logs) for b in logs[number:])
        ratio = paired_ratio(*pairs_with([math.exp(log) for log in logs]), between=0.0)
        rank = min(range(len(means)), key=lambda place: abs(means[place] - math.log(ratio.low)))
        assert math.log(ratio.high) == pytest.approx(means[-1 - rank], rel=1e-3)
        ways = [1]
        for number in range(1, pairs + 1):
            ways = [a + b for a, b in zip([*ways, *[0] * number], [*[0] * number, *ways], strict=True)]
        missed = 2 * list(accumulate(ways))[rank] / 2**pairs
        assert missed <= 0.055
        assert 2 * list(accumulate(ways))[rank + 1] / 2**pairs > 0.045  # and no narrower one does

    def test_pairs_belong_together(self) -> None:
        # The machine slows down tenfold, and both with it.
        slowing = [1000 * (1 + number) for number in range(10)]
        ratio = paired_ratio(samples(*(2 * wall for wall in slowing)), samples(*slowing), between=0.0)
        assert (ratio.value, ratio.low, ratio.high) == (pytest.approx(2.0),) * 3
        assert ratio.width == pytest.approx(0.0, abs=1e-12)

    def test_what_has_no_partner_is_left_out(self) -> None:
        assert paired_ratio(samples(*[30] * 9), samples(*[20] * 7)).pairs == 7

    def test_cpu_time_is_judged_unless_the_wall_is_asked_for(self) -> None:
        ours, theirs = ([Sample(iterations=2, wall_ns=w, cpu_ns=c)] * 6 for w, c in ((400, 300), (100, 200)))
        assert paired_ratio(ours, theirs).value == pytest.approx(1.5)
        assert paired_ratio(ours, theirs, clock="wall").value == pytest.approx(4.0)

    def test_loops_are_divided_out(self) -> None:
        assert paired_ratio(samples(*[900] * 6, iterations=9), samples(*[100] * 6)).value == pytest.approx(1.0)

    def test_no_time_at_all_is_taken_as_a_nanosecond(self) -> None:
        assert paired_ratio(samples(*[0] * 6), samples(*[1] * 6)).value == 1.0

    @given(epochs=st.lists(st.lists(TIMES, min_size=7, max_size=12), min_size=1, max_size=5))
    def test_the_other_way_round_it_is_the_inverse(self, epochs: list[list[tuple[int, int]]]) -> None:
        ours, theirs = sides(epochs)
        there, back = paired_ratio(ours, theirs), paired_ratio(theirs, ours)
        assert there.low <= there.value * (1 + 1e-9)
        assert there.value <= there.high * (1 + 1e-9)
        assert there.value * back.value == pytest.approx(1.0)
        assert math.log(there.low) == pytest.approx(-math.log(back.high), abs=1e-6)
        assert math.log(there.high) == pytest.approx(-math.log(back.low), abs=1e-6)

    @given(pairs=st.lists(TIMES, min_size=7, max_size=30), slower=st.integers(1, 1000), machine=st.integers(1, 1000))
    def test_it_scales_with_the_candidate_and_not_with_the_machine(
        self, pairs: list[tuple[int, int]], slower: int, machine: int
    ) -> None:
        before = paired_ratio(*sides([pairs]))
        after = paired_ratio(*sides([[(a * slower * machine, b * machine) for a, b in pairs]]))
        assert after.value == pytest.approx(before.value * slower)
        assert (after.low, after.high) == (pytest.approx(before.low * slower), pytest.approx(before.high * slower))

    @given(
        calm=st.lists(st.floats(0.5, 2.0), min_size=5, max_size=30),
        wild=st.sampled_from([1e-9, 1e-3, 1e3, 1e9]),
        place=st.integers(0, 5),
    )
    def test_one_wild_pair_does_not_drive_it_out_of_the_others(
        self, calm: list[float], wild: float, place: int
    ) -> None:
        ratio = paired_ratio(*pairs_with([*calm[:place], wild, *calm[place:]]))
        assert min(calm) * (1 - 1e-6) <= ratio.value <= max(calm) * (1 + 1e-6)

    def test_one_wild_pair_moves_it_by_little(self) -> None:
        walls = [0.95, 0.96, 0.97, 0.98, 0.99, 1.00, 1.01, 1.02, 1.03, 1.04, 1.05]
        calm, wild = (paired_ratio(*pairs_with([*walls, last])).value for last in (1.0, 1e6))
        assert calm == pytest.approx(1.0, abs=1e-3)
        assert calm < wild < 1.01

    def test_the_order_of_the_pairs_does_not_count(self) -> None:
        ratios = [1.0 + number / 100 for number in range(20)]
        shuffled = random.Random(1).sample(ratios, k=20)
        assert paired_ratio(*pairs_with(ratios)) == paired_ratio(*pairs_with(shuffled))


class TestEpochs:
    def test_each_counts_as_much_as_another(self) -> None:
        ratio = paired_ratio(*pairs_with([2.0] * 90, [8.0] * 10))
        assert ratio.value == pytest.approx(4.0)  # the geometric mean of two, however many pairs each has
        assert (ratio.pairs, ratio.epochs) == (100, 2)

    def test_within_each_it_is_the_ratio_of_that_epoch(self) -> None:
        epochs = [[1.0, 1.1, 1.2, 1.3, 1.9, 1.5], [2.0, 2.2, 2.1, 2.9, 2.4, 2.3]]
        alone = [paired_ratio(*pairs_with(ratios)).value for ratios in epochs]
        assert paired_ratio(*pairs_with(*epochs)).value == pytest.approx(math.sqrt(alone[0] * alone[1]))

    @given(epochs=st.lists(st.lists(TIMES, min_size=1, max_size=8), min_size=1, max_size=6))
    def test_the_order_of_epochs_does_not_count(self, epochs: list[list[tuple[int, int]]]) -> None:
        forward, backward = paired_ratio(*sides(epochs)), paired_ratio(*sides(epochs[::-1]))
        assert backward.value == pytest.approx(forward.value)
        assert (forward.pairs, forward.epochs) == (sum(map(len, epochs)), len(epochs))
        assert (backward.pairs, backward.epochs) == (forward.pairs, forward.epochs)

    def test_the_interval_of_two_reaches_over_both(self) -> None:
        one, two = [1.0 + n / 1000 for n in range(10)], [1.1 + n / 1000 for n in range(10)]
        both = paired_ratio(*pairs_with(one, two), between=0.0)
        assert both.low == pytest.approx(paired_ratio(*pairs_with(one), between=0.0).low)
        assert both.high == pytest.approx(paired_ratio(*pairs_with(two), between=0.0).high)

    @pytest.mark.parametrize("epochs", [1, 2])
    def test_of_few_processes_it_is_widened_by_how_much_these_differ(self, epochs: int) -> None:
        """As squares add up: 3 % within them and 4 % between make 5 %, of which the interval takes 1.96."""
        logs = [0.03 * 1.96 * (number - 3) / 3 for number in range(7)]
        pairs = pairs_with(*[[math.exp(log) for log in logs]] * epochs)
        within, widened = (paired_ratio(*pairs, between=between) for between in (0.0, 0.04))
        half = math.hypot(math.log(within.high), 0.04 * 1.96)
        assert (math.log(widened.low), math.log(widened.high)) == (pytest.approx(-half), pytest.approx(half))
        assert widened.value == within.value

    def test_of_three_their_own_spread_is_enough(self) -> None:
        pairs = pairs_with(*[[centre] * 7 for centre in (1.0, 1.01, 0.99)])
        assert paired_ratio(*pairs, between=0.5) == paired_ratio(*pairs, between=0.0)

    def test_two_of_which_one_is_short_have_none(self) -> None:
        ratio = paired_ratio(*pairs_with([1.0] * 10, [1.0] * 5))
        assert (ratio.low, ratio.high) == (0.0, math.inf)

    @pytest.mark.parametrize(
        ("centres", "t", "alike"),
        [
            ((1.0, 1.1, 1.2), 4.303, 3.0),  # (1 + 2 of 0.4) / 0.6
            ((1.0, 0.9, 1.1, 1.3), 3.182, 3.6667),
            ((2.0, 2.1, 1.9, 2.2, 2.0), 2.776, 4.3333),
        ],
    )
    def test_three_and_more_have_students_interval_between_them(
        self, centres: tuple[float, ...], t: float, alike: float
    ) -> None:
        """It is wider than that of independent values, as two epochs of a run are taken to be correlated by 0.4."""
        ratio = paired_ratio(*pairs_with(*([centre] * 7 for centre in centres)))
        logs = [math.log(centre) for centre in centres]
        half = t * statistics.stdev(logs) * math.sqrt(alike / len(logs))
        centre = statistics.median((a + b) / 2 for i, a in enumerate(logs) for b in logs[i:])
        assert math.log(ratio.value) == pytest.approx(centre)
        assert math.log(ratio.low) == pytest.approx(centre - half, rel=1e-3)
        assert math.log(ratio.high) == pytest.approx(centre + half, rel=1e-3)

    def test_one_slow_process_of_six_moves_it_little(self) -> None:
        ratio = paired_ratio(*pairs_with(*([centre] * 10 for centre in (1.0, 1.002, 0.998, 1.2, 1.001, 0.999))))
        assert ratio.value == pytest.approx(1.0, abs=0.003)
        assert ratio.high > 1.08

    def test_noise_within_the_processes_does_not_hide_that_between_them(self) -> None:
        """A hundred pairs of each process agree to a thousandth; the processes differ by a tenth."""
        epochs = [[centre * (1 + number / 100_000) for number in range(100)] for centre in (1.0, 1.1, 1.2)]
        assert paired_ratio(*pairs_with(*epochs)).width > 0.1

    @pytest.mark.parametrize(("freedom", "quantile"), list(enumerate(map(float, STUDENT.split()), start=1)))
    def test_students_quantiles_are_those_of_the_table(self, freedom: int, quantile: float) -> None:
        assert student_quantile(freedom, 0.975) == pytest.approx(quantile, rel=0.01)

    def test_of_very_many_epochs_it_is_the_normal_one(self) -> None:
        assert student_quantile(10**6, 0.975) == pytest.approx(statistics.NormalDist().inv_cdf(0.975), rel=1e-5)


class TestManyPairs:
    @pytest.mark.parametrize("times", [2, 5])
    def test_a_long_sequence_is_taken_in_blocks(self, times: int) -> None:
        """Several times the pairs that are looked at: the estimate is that of the means of neighbours."""
        order = random.Random(2)
        logs = [order.gauss(0.0, 0.1) for _ in range(times * MOST_PAIRS)]
        blocks = [statistics.fmean(logs[place : place + times]) for place in range(0, len(logs), times)]
        whole = paired_ratio(*pairs_with([math.exp(log) for log in logs]))
        blocked = paired_ratio(*pairs_with([math.exp(log) for log in blocks]))
        assert (whole.value, whole.low, whole.high) == (
            pytest.approx(blocked.value, rel=1e-6),
            pytest.approx(blocked.low, rel=1e-6),
            pytest.approx(blocked.high, rel=1e-6),
        )
        assert (whole.pairs, blocked.pairs) == (times * MOST_PAIRS, MOST_PAIRS)

    @pytest.mark.parametrize("extra", [-1, 0, 1, 7, MOST_PAIRS - 1, 3 * MOST_PAIRS + 5])
    def test_every_pair_counts(self, extra: int) -> None:
        """A ratio that rises evenly from pair to pair has the same centre however it is cut into blocks."""
        pairs = MOST_PAIRS + extra
        ratio = paired_ratio(*pairs_with([math.exp(0.001 * (n - (pairs - 1) / 2)) for n in range(pairs)]))
        assert ratio.value == pytest.approx(1.0, abs=2e-3)
        assert ratio.low < 1.0 < ratio.high
        assert ratio.pairs == pairs

    def test_a_wild_pair_moves_only_its_block(self) -> None:
        calm = [1.0 + (n % 11) / 1000 for n in range(4 * MOST_PAIRS)]
        wild = [*calm[:100], 1e6, *calm[101:]]
        assert paired_ratio(*pairs_with(wild)).value == pytest.approx(paired_ratio(*pairs_with(calm)).value, rel=1e-3)


def covered(draw: Callable[[random.Random], Sequence[Sequence[float]]], truth: float, trials: int = 400) -> float:
    """The share of seeded trials in which the interval holds the true ratio."""
    order = random.Random(20_479)
    ratios = [paired_ratio(*pairs_with(*draw(order)), between=0.0) for _ in range(trials)]
    return sum(ratio.low <= truth <= ratio.high for ratio in ratios) / trials


class TestCoverage:
    """Of 400 trials at 95 %, 380 hold the truth, give or take 13 (three standard deviations)."""

    @pytest.mark.parametrize("pairs", [10, 20, 40])
    def test_of_pairs_of_one_process(self, pairs: int) -> None:
        share = covered(lambda order: [[1.2 * math.exp(order.gauss(0.0, 0.03)) for _ in range(pairs)]], 1.2)
        assert 0.915 <= share <= 0.985

    def test_of_noise_with_wild_readings(self) -> None:
        """One reading of ten is disturbed, on either side, by up to a factor of ten."""

        def draw(order: random.Random) -> Sequence[Sequence[float]]:
            return [
                [
                    0.8 * math.exp(order.gauss(0.0, 0.01) + (order.random() < 0.1) * order.uniform(-2.3, 2.3))
                    for _ in range(20)
                ]
            ]

        assert 0.915 <= covered(draw, 0.8) <= 0.985

    @pytest.mark.long
    @pytest.mark.parametrize("epochs", [3, 5, 8])
    def test_of_processes_that_differ(self, epochs: int) -> None:
        """What an interval over the pairs alone does not hold; the machine is the same for all of a run."""

        def draw(order: random.Random) -> Sequence[Sequence[float]]:
            machine, share = order.gauss(0.0, 0.02), math.sqrt(CORRELATION)
            centres = [share * machine + math.sqrt(1 - CORRELATION) * order.gauss(0.0, 0.02) for _ in range(epochs)]
            return [[1.5 * math.exp(centre + order.gauss(0.0, 0.01)) for _ in range(10)] for centre in centres]

        assert 0.915 <= covered(draw, 1.5) <= 0.985


class TestPrecision:
    def test_it_shrinks_with_more_pairs(self) -> None:
        normal = statistics.NormalDist(0.3, 0.05)
        shares = [
            precision(*pairs_with([math.exp(normal.inv_cdf((n + 0.5) / pairs)) for n in range(pairs)]))
            for pairs in (10, 40, 160, 640, 2560)
        ]
        assert shares == sorted(shares, reverse=True)
        # Sixteen times the pairs make it about four times as sharp.
        assert shares[-1] == pytest.approx(shares[-3] / 4, rel=0.2)

    @pytest.mark.parametrize("pairs", range(3))
    def test_few_pairs_have_none(self, pairs: int) -> None:
        assert precision(samples(*[30] * pairs), samples(*[20] * pairs)) == math.inf

    def test_without_noise_it_is_nothing(self) -> None:
        assert precision(samples(*[30] * 20), samples(*[20] * 20)) == pytest.approx(0.0, abs=1e-12)

    def test_pairs_that_slow_down_together_are_precise(self) -> None:
        slowing = [1000 * (1 + number) for number in range(20)]
        ours, theirs = samples(*(2 * wall for wall in slowing)), samples(*slowing)
        assert precision(ours, theirs) == pytest.approx(0.0, abs=1e-12)

    def test_a_sequence_against_itself_is_judged_by_its_own_times(self) -> None:
        slowing = samples(*(1000 * (1 + number) for number in range(20)))
        steady = samples(*[1000] * 20)
        assert precision(slowing, slowing) == pytest.approx(precision(slowing, steady))
        assert precision(slowing, slowing) > 0.1
        assert precision(slowing, list(slowing)) == pytest.approx(0.0, abs=1e-12)

    def test_by_hand(self) -> None:
        # The logs -2 -1 0 1 9 hundredths are 0 1 1 2 9 from their middle, in order: half of them one at most.
        ratios = [math.exp(log / 100) for log in (1, -2, 9, 0, -1)]
        assert precision(*pairs_with(ratios)) == pytest.approx(math.expm1(1.96 * 0.014826 / math.sqrt(5)), rel=1e-4)

    def test_it_guesses_the_interval_of_normal_errors(self) -> None:
        order = random.Random(3)
        guesses = [precision(*pairs_with([math.exp(order.gauss(0.0, 0.02)) for _ in range(30)])) for _ in range(200)]
        assert statistics.median(guesses) == pytest.approx(1.96 * 0.02 / math.sqrt(30), rel=0.1)

    def test_no_one_wild_pair_moves_it_far(self) -> None:
        ratios = [1.0 + number / 1000 for number in range(19)]
        calm, wild = (precision(*pairs_with([*ratios, last])) for last in (1.02, 1e6))
        assert wild == pytest.approx(calm, rel=0.11)

    def test_cpu_time_is_judged_unless_the_wall_is_asked_for(self) -> None:
        ours = [Sample(iterations=1, wall_ns=1000 + 50 * number, cpu_ns=500) for number in range(20)]
        theirs = [Sample(iterations=1, wall_ns=1000, cpu_ns=500)] * 20
        assert precision(ours, theirs) == pytest.approx(0.0, abs=1e-12)
        assert precision(ours, theirs, clock="wall") > 0.1
