"""How much identical code differs: the probe beside its duplicate, group by group."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest

from assay.records.results import Noise, ProbeTiming, Sample
from assay.stats.noise_floor import DUPLICATE, PROBE, noise_floor
from assay.stats.paired_ratio import BETWEEN_PROCESSES

UNIT = 10**9


def probe(group: str, name: str, times: Sequence[float]) -> ProbeTiming:
    readings = tuple(Sample(iterations=1, wall_ns=1, cpu_ns=round(time * UNIT)) for time in times)
    return ProbeTiming(group=group, name=name, work=20_000, samples=readings)


def group(name: str, ratio: float, rounds: int = 10) -> list[ProbeTiming]:
    """The probe, and a duplicate that takes `ratio` times as long in every round, while the machine slows down."""
    times = [1.0 + number / 10 for number in range(rounds)]
    return [probe(name, PROBE, times), probe(name, DUPLICATE, [ratio * time for time in times])]


def test_without_anchors_there_is_none() -> None:
    assert noise_floor([]) is None


def test_one_group_by_hand() -> None:
    noise = noise_floor(group("g", 1.02))
    assert noise is not None
    assert (noise.median, noise.worst) == (pytest.approx(0.02), pytest.approx(0.02))
    # The interval has no width but that of one epoch.
    width = math.expm1(1.96 * BETWEEN_PROCESSES)
    assert noise.minimum_detectable_effect == pytest.approx(0.02 + width, abs=1e-4)
    assert noise.groups == 1


def test_a_faster_twin_is_as_far_off_as_a_slower_one() -> None:
    noise = noise_floor(group("g", 0.97))
    assert noise is not None
    assert noise.median == pytest.approx(0.03)


def test_several_groups() -> None:
    noise = noise_floor([*group("a", 1.01), *group("b", 0.95), *group("c", 1.02)])
    assert noise is not None
    assert (noise.median, noise.worst, noise.groups) == (pytest.approx(0.02), pytest.approx(0.05), 3)


def test_the_width_of_the_interval_makes_a_small_change_undetectable() -> None:
    order = random.Random(1)
    times = [1.0] * 40
    duplicate = [math.exp(order.gauss(0.0, 0.05)) for _ in times]
    noise = noise_floor([probe("g", PROBE, times), probe("g", DUPLICATE, duplicate)])
    assert noise is not None
    assert noise.median < 0.02 < noise.minimum_detectable_effect < 0.1


def test_names_of_other_groups_are_not_mixed_up() -> None:
    noise = noise_floor([*group("a", 1.02), *group("b", 1.02)[:1], *group("c", 1.5)[1:]])
    assert noise is not None
    assert (noise.worst, noise.groups) == (pytest.approx(0.02), 1)


def test_other_anchors_have_no_twin() -> None:
    assert noise_floor([probe("g", "copy", [1.0] * 10), probe("g", "gemm", [2.0] * 10)]) is None


@pytest.mark.parametrize(("ours", "theirs"), [(0, 0), (1, 1), (10, 0), (10, 9)])
def test_a_twin_that_was_not_there_all_along_is_passed_over(ours: int, theirs: int) -> None:
    probes = [probe("g", PROBE, [1.0] * ours), probe("g", DUPLICATE, [1.02] * theirs)]
    assert noise_floor(probes) is None
    noise = noise_floor([*probes, *group("h", 1.03)])
    assert noise is not None
    assert (noise.worst, noise.groups) == (pytest.approx(0.03), 1)


def test_it_is_told_in_one_sentence() -> None:
    noise = Noise(median=0.0123, worst=0.0456, minimum_detectable_effect=0.0789, groups=7)
    assert str(noise) == (
        "identical code in two processes differed by 1.23% (median of 7 groups, worst 4.56%);"
        " a change under 7.9% does not stand out"
    )
