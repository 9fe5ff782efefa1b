"""Predicting a large case from small ones."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.measure.extrapolation import (
    ENOUGH_S,
    STEEPEST,
    extrapolate,
    extrapolate_bytes,
    extrapolate_seconds,
    growing_sizes,
    probe_sizes,
)

SIZES = st.integers(1, 10**6).map(lambda size: (size, 2 * size))
READINGS = st.floats(1e-9, 1e12)
GROWTH = st.integers(1, 1000)


class TestProbeSizes:
    @pytest.mark.parametrize(
        ("size", "probes"),
        [
            (1, (1, 1)),
            (2, (1, 1)),
            (3, (1, 1)),
            (4, (1, 2)),
            (7, (1, 3)),
            (8, (2, 4)),
            (63, (15, 31)),
            (64, (8, 16)),
            (256, (32, 64)),
            (1_000_000, (125_000, 250_000)),
        ],
    )
    def test_by_hand(self, size: int, probes: tuple[int, int]) -> None:
        assert probe_sizes(size) == probes

    @given(size=st.integers(1, 10**9))
    def test_they_are_small_and_about_a_factor_of_two_apart(self, size: int) -> None:
        small, large = probe_sizes(size)
        assert 1 <= small <= large <= max(1, size // 2)
        assert large == 1 or 2 <= large / small <= 3
        assert size < 64 or large <= size / 4


class TestExtrapolate:
    @given(sizes=SIZES, exponent=st.floats(0.0, 3.0), factor=READINGS, growth=GROWTH)
    def test_a_power_law_is_continued(
        self, sizes: tuple[int, int], exponent: float, factor: float, growth: int
    ) -> None:
        # Up to 3, beyond which it is taken for noise; the factor is the reading at the larger size.
        target = sizes[1] * growth
        predicted = extrapolate(sizes, (factor / 2**exponent, factor), target)
        assert predicted == pytest.approx(factor * growth**exponent, rel=1e-6)

    @pytest.mark.parametrize(
        ("values", "predicted"),
        [((5.0, 5.0), 5.0), ((5.0, 10.0), 40.0), ((5.0, 20.0), 320.0), ((5.0, 40.0), 2560.0)],
        ids=["constant", "linear", "quadratic", "cubic"],
    )
    def test_by_hand(self, values: tuple[float, float], predicted: float) -> None:
        assert extrapolate((16, 32), values, 128) == pytest.approx(predicted)

    def test_steeper_than_a_cube_is_noise(self) -> None:
        assert extrapolate((16, 32), (1.0, 1000.0), 64) == pytest.approx(1000.0 * 2**STEEPEST)

    def test_a_falling_reading_is_noise_too(self) -> None:
        assert extrapolate((16, 32), (5.0, 3.0), 1024) == pytest.approx(3.0)

    @given(sizes=SIZES, values=st.tuples(READINGS, READINGS), targets=st.tuples(GROWTH, GROWTH))
    def test_more_never_costs_less(
        self, sizes: tuple[int, int], values: tuple[float, float], targets: tuple[int, int]
    ) -> None:
        small, large = (sizes[1] * target for target in sorted(targets))
        assert extrapolate(sizes, values, small) <= extrapolate(sizes, values, large) * (1 + 1e-9)
        assert extrapolate(sizes, values, small) >= values[1] * (1 - 1e-9)

    @pytest.mark.parametrize(
        ("sizes", "values"),
        [((1, 1), (3.0, 7.0)), ((8, 16), (0.0, 7.0)), ((8, 16), (0, 0)), ((8, 16), (7.0, 0.0)), ((8, 16), (-1.0, 7.0))],
    )
    def test_without_two_readings_the_larger_one_is_all_there_is(
        self, sizes: tuple[int, int], values: tuple[float, float]
    ) -> None:
        assert extrapolate(sizes, values, 64) == values[1]

    @given(size=st.integers(1, 10**6), values=st.tuples(READINGS, READINGS))
    def test_it_is_a_number_whatever_was_read(self, size: int, values: tuple[float, float]) -> None:
        predicted = extrapolate(probe_sizes(size), values, size)
        assert math.isfinite(predicted)
        assert predicted > 0.0


def probed_sizes(target: int, seconds: Callable[[int], float]) -> list[int]:
    """The sizes that are probed where a call takes so long."""
    last = [0]

    def probe(size: int) -> int:
        last[0] = size
        return size

    return [probe(size) for size in growing_sizes(target, lambda: seconds(last[0]))]


class TestGrowingSizes:
    @pytest.mark.parametrize(
        ("target", "seconds", "probed"),
        [
            (4, lambda size: 1e-5, [4]),
            (16, lambda size: 1.0, [16]),
            (17, lambda size: 1.0, [8, 17]),
            (64, lambda size: 1e-5, [16, 64]),
            (256, lambda size: 1e-5, [16, 64, 256]),
            (2048, lambda size: 1e-5, [16, 64, 256, 1024, 2048]),
            (2048, lambda size: 5e-8 * size**2, [16, 64, 256, 512, 1024]),  # 13 ms at 512, 52 ms at 1,024
            (4096, lambda size: 1.0, [16, 32]),  # two at least, however long they take
        ],
    )
    def test_by_hand(self, target: int, seconds: Callable[[int], float], probed: list[int]) -> None:
        found = probed_sizes(target, seconds)
        assert found == probed

    @given(target=st.integers(1, 10**7), factor=st.floats(1e-12, 1.0), exponent=st.floats(0.0, 2.0))
    def test_a_call_that_is_probed_last_is_long_enough_or_the_target(
        self, target: int, factor: float, exponent: float
    ) -> None:
        def seconds(size: int) -> float:
            return factor * float(size) ** exponent

        found = probed_sizes(target, seconds)
        assert found == sorted(set(found))
        assert found[-1] == target or (seconds(found[-1]) >= ENOUGH_S and len(found) > 1)
        assert len(found) < 3 or seconds(found[-2]) < ENOUGH_S
        # Where it grows no faster than the square, no call is read that takes many times as long as is enough.
        assert len(found) < 3 or seconds(found[-1]) < 5 * ENOUGH_S


class TestExtrapolateSeconds:
    @given(
        sizes=SIZES,
        overhead=st.floats(0.0, 1.0),
        rate=st.floats(1e-6, 1e3),
        exponent=st.floats(0.5, 3.0),
        growth=GROWTH,
    )
    def test_an_overhead_beside_the_work_is_told_apart(
        self, sizes: tuple[int, int], overhead: float, rate: float, exponent: float, growth: int
    ) -> None:
        def work(size: int) -> float:
            return (size / sizes[0]) ** exponent

        low, high = (overhead + rate * work(size) for size in sizes)
        target = sizes[1] * growth
        predicted = extrapolate_seconds(sizes, (low, high), target, work)
        assert predicted == pytest.approx(overhead + rate * work(target), rel=1e-6)

    def test_it_grows_at_least_as_the_work_does_beyond_an_overhead_that_was_seen(self) -> None:
        """A smaller reading that was stretched must not make a larger one look like overhead."""
        assert extrapolate_seconds((16, 32), (3.0, 4.0), 64, lambda size: size**2) == pytest.approx(
            8 / 3 + (4 - 8 / 3) * 4
        )
        assert extrapolate_seconds((16, 32), (5.0, 4.0), 64, lambda size: size**2) == pytest.approx(4.0)

    def test_what_grows_faster_than_the_work_goes_by_its_own_growth(self) -> None:
        assert extrapolate_seconds((16, 32), (1.0, 4.0), 128, float) == pytest.approx(64.0)

    def test_a_step_of_known_work_counts_half(self) -> None:
        """By its growth 64, by the work 16: where a cache ends is seen, and need not be seen again."""
        predicted = extrapolate_seconds((16, 32), (1.0, 4.0), 128, float, known=True)
        assert predicted == pytest.approx(math.sqrt(64.0 * 16.0))
        assert extrapolate_seconds((16, 32), (1.0, 2.0), 128, float, known=True) == pytest.approx(8.0)

    def test_work_that_does_not_grow_leaves_the_power_law(self) -> None:
        assert extrapolate_seconds((16, 32), (1.0, 2.0), 128, lambda size: 1.0) == pytest.approx(8.0)
        assert extrapolate_seconds((1, 1), (1.0, 2.0), 2, float) == 2.0


class TestExtrapolateBytes:
    @given(sizes=SIZES, square=st.integers(0, 1000), linear=st.integers(0, 10**6), growth=GROWTH)
    def test_a_square_beside_a_line_is_continued(
        self, sizes: tuple[int, int], square: int, linear: int, growth: int
    ) -> None:
        def peak(size: int) -> float:
            return float(square * size**2 + linear * size)

        target = sizes[1] * growth
        small, large = sizes
        found = extrapolate_bytes(sizes, (peak(small), peak(large)), target)
        assert found == pytest.approx(peak(target), rel=1e-3)

    @pytest.mark.parametrize("values", [(3.0, 3.0), (2.0, 3.0), (1.0, 8.0)])
    def test_other_growth_is_a_power_law(self, values: tuple[float, float]) -> None:
        assert extrapolate_bytes((16, 32), values, 128) == extrapolate((16, 32), values, 128)

    def test_of_one_size(self) -> None:
        assert extrapolate_bytes((1, 1), (3.0, 7.0), 64) == 7.0
