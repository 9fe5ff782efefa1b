"""Readings from samples, and the trimmed mean with its error."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from assay.records.results import Sample
from assay.stats.trimmed_mean import Estimate, epoch_ratio, estimate, freedom, trim

LOGS = st.lists(st.floats(-0.2, 0.2), min_size=2, max_size=40)


def samples(*times: int, iterations: int = 1) -> list[Sample]:
    return [Sample(iterations=iterations, wall_ns=2 * time, cpu_ns=time) for time in times]


def test_a_reading_is_the_median_over_pairs() -> None:
    found = epoch_ratio(3, samples(110, 240, 999), samples(100, 200, 300), seconds=0.5)
    assert (found.epoch, found.pairs, found.seconds) == (3, 3, 0.5)
    assert found.cpu == pytest.approx(math.log(1.2))
    assert found.wall == pytest.approx(math.log(1.2))


def test_wall_and_cpu_are_read_apart() -> None:
    slow = [Sample(iterations=1, wall_ns=300, cpu_ns=100)]
    found = epoch_ratio(0, slow, [Sample(iterations=1, wall_ns=100, cpu_ns=100)], seconds=0.0)
    assert (found.cpu, found.wall) == (0.0, pytest.approx(math.log(3)))


def test_times_are_per_loop() -> None:
    found = epoch_ratio(0, samples(300, iterations=3), samples(100), seconds=0.0)
    assert found.cpu == 0.0


def test_a_clock_that_saw_nothing_does_not_divide_by_zero() -> None:
    assert epoch_ratio(0, samples(0), samples(0), seconds=0.0).cpu == 0.0


def test_a_surplus_of_samples_is_left_out() -> None:
    found = epoch_ratio(0, samples(100, 100, 900, 900, 900), samples(100, 100), seconds=0.0)
    assert (found.cpu, found.pairs) == (0.0, 2)


def test_no_pair_is_an_error() -> None:
    with pytest.raises(ValueError, match="epoch 7 has no pair"):
        epoch_ratio(7, [], samples(1), seconds=0.0)


@pytest.mark.long
@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 10**9)), min_size=1), st.integers(1, 1000))
def test_scaling_both_sides_does_not_matter(pairs: list[tuple[int, int]], scale: int) -> None:
    ours, theirs = zip(*pairs, strict=True)
    plain = epoch_ratio(0, samples(*ours), samples(*theirs), 0.0)
    scaled = epoch_ratio(0, samples(*(scale * x for x in ours)), samples(*(scale * x for x in theirs)), 0.0)
    assert scaled.cpu == pytest.approx(plain.cpu, abs=1e-9)


def test_few_epochs_have_the_plain_mean_and_students_interval() -> None:
    logs = [0.01, 0.03, 0.02, 0.06, 0.01]
    found = estimate(logs)
    error = statistics.stdev(logs) / math.sqrt(5)
    assert (found.centre, found.error, found.freedom) == (pytest.approx(0.026), pytest.approx(error), 4)
    half = 2.776445 * error
    assert found.interval(0.95) == (pytest.approx(math.exp(0.026 - half)), pytest.approx(math.exp(0.026 + half)))
    assert found.spread == pytest.approx(statistics.stdev(logs))


def test_sixteen_epochs_by_hand() -> None:
    logs = [float(number) for number in range(16)]
    found = estimate(logs)
    winsorised = [2.0, 2.0, *logs[2:-2], 13.0, 13.0]
    squares = sum((value - 7.5) ** 2 for value in winsorised)
    assert found.centre == 7.5
    assert found.error == pytest.approx(math.sqrt(squares / (12 * 11)))
    assert found.freedom == 16 - 1 - 5


def test_two_slow_processes_of_sixteen_do_not_move_it() -> None:
    quiet = [0.001 * (-1) ** number for number in range(16)]
    loud = [*quiet[:-2], 0.08, 0.07]
    assert estimate(loud).centre == pytest.approx(0.0, abs=5e-4)
    assert estimate(loud).spread < 0.002 < statistics.stdev(loud)


@pytest.mark.parametrize(("centre", "p"), [(0.0, 0.5), (0.01, 0.0), (-0.01, 1.0)])
def test_without_spread_the_interval_is_a_point(centre: float, p: float) -> None:
    for count in (2, 9, 33):
        found = estimate([centre] * count)
        assert (found.error, found.p_slower, found.p_faster) == (0.0, p, 1.0 - p)
        assert found.interval(0.99) == (math.exp(centre), math.exp(centre))


def test_one_epoch_has_no_error() -> None:
    with pytest.raises(ValueError, match="two epochs"):
        estimate([0.1])


@given(LOGS)
def test_swapping_the_sides_mirrors_it(logs: list[float]) -> None:
    ours, theirs = estimate(logs), estimate([-log for log in logs])
    assert ours.centre == pytest.approx(-theirs.centre, abs=1e-12)
    assert ours.p_slower == pytest.approx(theirs.p_faster, abs=1e-6)


@given(LOGS, st.randoms(use_true_random=False))
def test_the_order_of_the_epochs_does_not_matter(logs: list[float], order: random.Random) -> None:
    shuffled = list(logs)
    order.shuffle(shuffled)
    assert estimate(shuffled) == estimate(logs)


@given(LOGS, st.floats(0.5, 0.98))
def test_a_higher_level_has_a_wider_interval_and_the_p_values_agree_with_it(logs: list[float], level: float) -> None:
    found = estimate(logs)
    low, high = found.log_interval(level)
    wider_low, wider_high = found.log_interval(level + 0.01)
    assert wider_low <= low <= found.centre <= high <= wider_high
    assert found.p_slower + found.p_faster == pytest.approx(1.0)
    if found.error:
        assert (low > 1e-12) <= (found.p_slower < (1 - level) / 2 + 1e-9)


@pytest.mark.parametrize("epochs", [8, 10, 16, 24, 32, 48])
def test_the_level_is_kept_far_out(epochs: int) -> None:
    """Of normal values the t of the estimate passes its 99th and 99.9th percentile 1 and 0.1 times in a hundred."""
    np = pytest.importorskip("numpy")
    chance, cut, count = np.random.default_rng(epochs), trim(epochs), 60_000
    logs = np.sort(chance.standard_normal((count, epochs)), axis=1)
    kept = logs[:, cut : epochs - cut]
    held = np.clip(logs, kept[:, :1], kept[:, -1:])
    size = epochs - 2 * cut
    errors = np.sqrt(((held - held.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) / (size * (size - 1)))
    centres = kept.mean(axis=1)
    ours = [estimate(row) for row in logs[:20].tolist()]
    assert [found.centre for found in ours] == pytest.approx(centres[:20].tolist())
    assert [found.error for found in ours] == pytest.approx(errors[:20].tolist())
    for level, slack in ((0.01, 1.12), (0.001, 1.4)):  # three standard deviations of a count of 120
        beyond = (np.abs(centres / errors) > stdtrit(freedom(epochs), 1 - level)).mean() / 2
        assert beyond <= slack * level, f"{epochs} epochs at {level}: {beyond:.5f}"


def test_an_estimate_says_its_ratio() -> None:
    assert Estimate(math.log(1.05), 0.01, 7, 8).ratio == pytest.approx(1.05)


def test_what_cannot_be_estimated_is_said_in_full() -> None:
    with pytest.raises(ValueError, match="pair") as caught:
        epoch_ratio(7, samples(1), [], seconds=0.0)
    assert str(caught.value) == "epoch 7 has no pair of samples"
    for count in (0, 1):
        with pytest.raises(ValueError, match="epochs") as caught:
            estimate([0.1] * count)
        assert str(caught.value) == f"an error needs two epochs, not {count}"


@pytest.mark.parametrize(
    ("epochs", "cut", "degrees"), [(2, 0, 1.0), (9, 0, 8.0), (10, 1, 6.5), (15, 1, 11.5), (16, 2, 10.0), (80, 10, 54.0)]
)
def test_an_eighth_is_cut_from_ten_epochs_on(epochs: int, cut: int, degrees: float) -> None:
    assert (trim(epochs), freedom(epochs)) == (cut, degrees)


def test_p_values_by_the_printed_table() -> None:
    """Of 7 degrees of freedom 2.5 % lie above 2.365, and of one that is as far below 97.5 %."""
    found = Estimate(2.364624, 1.0, 7.0, 8)
    assert (found.p_slower, found.p_faster) == (pytest.approx(0.025, rel=1e-5), pytest.approx(0.975, rel=1e-5))
    assert found.log_interval(0.95) == (pytest.approx(0.0, abs=1e-5), pytest.approx(2 * 2.364624))
    assert found.spread == pytest.approx(math.sqrt(8))
