"""The baseline against itself."""

from __future__ import annotations

import math
import random
import statistics
import time

import pytest

from assay.records.verdicts import Tolerance
from assay.stats.aa_test import aa_test
from assay.stats.sequential_test import minimum_detectable_effect
from assay.stats.trimmed_mean import estimate


def cells(count: int, epochs: int, spread: float = 0.01, seed: int = 1) -> list[list[float]]:
    chance = random.Random(seed)
    return [[chance.gauss(0.0, spread) for _ in range(epochs)] for _ in range(count)]


def test_too_few_readings_say_nothing() -> None:
    assert aa_test([], 16) is None
    assert aa_test([[0.01, 0.02], [], [0.0, 0.01]], 16) is None
    assert aa_test([[0.01, 0.02, 0.0, 0.01, 0.0]], 4) is None


def test_what_is_counted() -> None:
    found = aa_test([*cells(3, 8), []], 16)
    assert found is not None
    assert (found.cells, found.readings, found.epochs, found.replays) == (3, 24, 16, 1000)


def test_the_same_seed_gives_the_same() -> None:
    assert aa_test(cells(2, 8), 16, seed=3) == aa_test(cells(2, 8), 16, seed=3)


def test_the_spread_is_that_of_the_readings() -> None:
    found = aa_test(cells(20, 16), 32)
    assert found is not None
    assert found.spread == pytest.approx(0.01, rel=0.1)
    assert found.false_alarms <= 0.01


@pytest.mark.long
def test_more_epochs_and_less_noise_detect_less() -> None:
    quiet, loud = aa_test(cells(4, 16, 0.005), 16), aa_test(cells(4, 16, 0.03), 16)
    longer = aa_test(cells(4, 16, 0.03), 64)
    assert quiet is not None
    assert loud is not None
    assert longer is not None
    assert 0.01 < quiet.minimum_detectable_effect < longer.minimum_detectable_effect < loud.minimum_detectable_effect


def test_what_does_not_matter_is_not_detectable() -> None:
    found = aa_test(cells(1, 16, 1e-5), 16, tolerance=Tolerance(minimum_effect=0.05, equivalence_margin=0.05))
    assert found is not None
    assert found.minimum_detectable_effect == pytest.approx(0.05, abs=1e-4)


def test_without_any_noise() -> None:
    found = aa_test([[0.0] * 8], 16)
    assert found is not None
    assert (found.spread, found.false_alarms, found.minimum_detectable_effect) == (0.0, 0.0, pytest.approx(0.01))


def test_a_baseline_that_is_not_alike_raises_alarms_less_often_than_it_is_wild() -> None:
    """Signs are tossed, so even wild readings cannot make the decision cry wolf."""
    wild = [[0.3, -0.2, 0.25, -0.4, 0.1, 0.35, -0.15, 0.2]]
    found = aa_test(wild, 16)
    assert found is not None
    assert found.spread > 0.2
    assert found.false_alarms <= 0.02


def test_the_detectable_slowdown_is_found_as_often_as_it_says() -> None:
    """Replayed with the plain t of eight epochs: 95 of 100."""
    slow, chance, found = minimum_detectable_effect(0.02, 8, 0.01), random.Random(5), 0
    for _ in range(1500):
        logs = [chance.gauss(slow, 0.02) for _ in range(8)]
        found += statistics.fmean(logs) / (statistics.stdev(logs) / 8**0.5) > 2.998
    assert 0.93 <= found / 1500 <= 0.985


# --- by hand


@pytest.mark.parametrize(
    ("epochs", "level", "least", "found", "power", "freedom"),
    [
        (8, 0.005, 0.0, 3.499483, 1.894579, 7),
        (8, 0.005, 0.05, None, 1.894579, 7),
        (16, 0.005, 0.0, 3.169273, 1.812461, 10),
        (9, 0.025, 0.0, 2.306004, 1.859548, 8),
    ],
)
def test_the_detectable_slowdown_by_the_printed_table(
    epochs: int, level: float, least: float, found: float | None, power: float, freedom: int
) -> None:
    """Student's t of what is asked for, or the log of the minimum effect, and of 95 % power besides."""
    error = 0.02 / math.sqrt(epochs)
    needed = math.log1p(least) if found is None else found * error
    wanted = math.expm1(needed + power * error)
    assert minimum_detectable_effect(0.02, epochs, level, least) == pytest.approx(wanted, rel=1e-5), freedom


def test_what_a_check_detects_is_that_of_one_cell_among_all() -> None:
    """At half of q for slower, over the cells: with the error of the trimmed mean of all ratios."""
    logs = cells(3, 8, 0.03)
    flat = [log for cell in logs for log in cell]
    for q in (0.01, 0.1):
        found = aa_test(logs, 16, q=q)
        assert found is not None
        spread = estimate(flat).spread
        assert found.minimum_detectable_effect == minimum_detectable_effect(spread, 16, q / 6, 0.01)
        assert found.spread == pytest.approx(math.sqrt(statistics.fmean(log * log for log in flat)))


@pytest.mark.long
@pytest.mark.parametrize(("count", "replays"), [(5, 1000), (6, 833), (125, 40), (130, 40)])
def test_more_cells_are_replayed_less_often(count: int, replays: int) -> None:
    found = aa_test(cells(count, 5), 5)
    assert found is not None
    assert found.replays == replays


def test_five_ratios_and_five_epochs_are_enough() -> None:
    assert aa_test([[0.01, 0.02], [0.0, 0.01, 0.0]], 5) is not None
    assert aa_test([[0.01, 0.02], [0.0, 0.01, 0.0]], 4) is None
    assert aa_test([[0.01, 0.02], [0.0, 0.01]], 5) is None


@pytest.mark.long
@pytest.mark.parametrize(
    ("logs", "epochs", "q", "effect", "seed", "alarms"),
    [
        (cells(2, 6, 0.02), 10, 0.5, 0.01, 0, 0.12),
        ([[0.03, -0.02], [0.01] * 3, [0.0, 0.02, -0.05, 0.04]], 12, 0.4, 0.01, 0, 0.212),
        (cells(10, 20, 0.02), 9, 0.5, 0.0, 0, 0.512),
        (cells(3, 8, 0.03, seed=2), 20, 0.3, 0.01, 5, 0.143),
    ],
    ids=["six ratios", "few ratios of a cell", "more than 128 ratios", "three analyses"],
)
def test_golden_false_alarms(
    logs: list[list[float]], epochs: int, q: float, effect: float, seed: int, alarms: float
) -> None:
    """At rates that no check takes, so that there are alarms to count."""
    tolerance = Tolerance(minimum_effect=effect, equivalence_margin=0.03)
    found = aa_test(logs, epochs, q=q, tolerance=tolerance, seed=seed)
    assert found is not None
    assert found.false_alarms == alarms


@pytest.mark.long
def test_it_takes_no_time() -> None:
    start = time.process_time()
    assert aa_test(cells(100, 8), 32) is not None
    assert time.process_time() - start < 3.0
