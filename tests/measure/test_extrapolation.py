"""Predicting a large case from two small ones."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.measure.extrapolation import STEEPEST, extrapolate, probe_sizes

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
