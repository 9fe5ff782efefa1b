"""Where two implementations cross: only between lengths whose ratios have intervals that tell."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.records.results import AttentionCase, Measurement, Metrics, Sample, Status, Timing
from assay.records.workload import Workload
from assay.report.tables.crossovers import Crossover, crossovers

CORE = Workload.self_attention("core", batch=1, length=512, d_model=8)
LENGTHS = (512, 1024, 2048, 4096)


def rows(
    plugin: str,
    seconds: Mapping[int, float] | Callable[[int], float],
    *,
    noise: float = 0.0,
    pairs: int = 20,
    wall: float = 1.0,
    clock: str = "cpu",
) -> dict[tuple[str, int], Measurement]:
    """A row for each length; `wall` is wall time over CPU time."""
    lengths = tuple(seconds) if isinstance(seconds, Mapping) else LENGTHS
    law = seconds.__getitem__ if isinstance(seconds, Mapping) else seconds
    chance = random.Random(plugin)

    def samples(length: int) -> tuple[Sample, ...]:
        times = [law(length) * 1e9 * chance.lognormvariate(0.0, noise) for _ in range(pairs)]
        return tuple(Sample(iterations=1, wall_ns=round(one * wall), cpu_ns=round(one)) for one in times)

    return {
        (plugin, length): Measurement(
            case=AttentionCase(attention=plugin, workload=replace(CORE, q_len=length, kv_len=length)),
            status=Status.OK,
            metrics=Metrics(step_clock=clock, step_seconds=law(length)),
            timings=(Timing(name="step", samples=samples(length)),) if pairs else (),
        )
        for length in lengths
    }


def named(found: Crossover) -> tuple[str, str, int, int]:
    return found.slower, found.faster, found.shorter, found.longer


@given(where=st.floats(600.0, 4000.0), order=st.booleans())
def test_two_power_laws_cross_between_the_lengths_around(where: float, order: bool) -> None:
    if any(abs(length / where - 1) < 0.05 for length in LENGTHS):  # its interval holds 1
        return
    steep, flat = rows("steep", lambda length: (length / where) ** 2), rows("flat", lambda length: length / where)
    (found,) = crossovers(steep | flat if order else flat | steep)
    below = max(length for length in LENGTHS if length < where)
    assert named(found) == ("steep", "flat", below, below * 2)
    assert found.before.low > 1.0 > found.after.high


def test_there_and_back_are_two() -> None:
    bent, even = rows("bent", {512: 1.0, 1024: 4.0, 2048: 1.0}), rows("even", dict.fromkeys((512, 1024, 2048), 2.0))
    assert [named(one) for one in crossovers(bent | even)] == [
        ("bent", "even", 512, 1024),
        ("even", "bent", 1024, 2048),
    ]


def test_a_length_whose_interval_holds_1_does_not_count() -> None:
    """The middle one could be either way round: the crossover is between the two that tell."""
    noisy = (
        rows("a", {512: 1.0, 1024: 2.0, 2048: 4.0}, noise=0.1),
        rows("b", dict.fromkeys((512, 1024, 2048), 2.0), noise=0.1),
    )
    (found,) = crossovers(noisy[0] | noisy[1])
    assert named(found) == ("a", "b", 512, 2048)


@pytest.mark.parametrize("other", [{512: 2.0, 1024: 2.0}, {512: 1.98, 1024: 2.02}])
def test_what_noise_could_turn_round_does_not_cross(other: dict[int, float]) -> None:
    """Medians alone would have crossed: 1.98 and 2.02 against 2."""
    assert list(crossovers(rows("a", other, noise=0.1) | rows("b", dict.fromkeys(other, 2.0), noise=0.1))) == []


@pytest.mark.parametrize("pairs", [0, 6])
def test_without_samples_or_with_too_few_for_an_interval_nothing_is_told(pairs: int) -> None:
    steep, flat = rows("steep", lambda length: length**2.0, pairs=pairs), rows("flat", lambda length: 1e3 * length)
    assert list(crossovers(steep | flat)) == []


def test_a_neighbour_that_took_the_core_from_one_does_not_turn_them_round() -> None:
    """By wall time `a` would be the slower one from 1,024 on."""
    fast = rows("a", {512: 1.0}) | rows("a", {1024: 1.0}, wall=3.0)
    assert list(crossovers(fast | rows("b", {512: 2.0, 1024: 2.0}))) == []


def test_rows_by_two_clocks_are_not_compared() -> None:
    steep, flat = rows("steep", lambda length: length**2.0, clock="wall"), rows("flat", lambda length: 1e3 * length)
    assert list(crossovers(steep | flat)) == []


def test_it_is_said_with_both_intervals() -> None:
    (found,) = crossovers(rows("a", {512: 1.0, 1024: 4.0}) | rows("b", {512: 2.0, 1024: 2.0}))
    told = "b becomes faster than a between 512 and 1,024 positions: from 2.00 (1.92 to 2.08) to 0.50 (0.48 to 0.52)"
    assert str(found) == f"{told} of its time"
