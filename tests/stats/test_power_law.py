"""Exponents and their intervals, against laws that are known and against simulation."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.stats.power_law import Exponent, fit_power_law, over_epochs


@given(exponent=st.floats(-2.0, 4.0), factor=st.floats(1e-9, 1e3))
def test_a_law_without_noise_is_found_with_no_interval_to_speak_of(exponent: float, factor: float) -> None:
    found = fit_power_law([(x, factor * x**exponent) for x in (512, 1024, 2048, 4096)])
    assert found is not None
    assert found.value == pytest.approx(exponent, abs=1e-9)
    assert found.half_width == pytest.approx(0.0, abs=1e-5)


def test_two_points_have_no_interval_and_one_place_no_exponent() -> None:
    assert fit_power_law([(1.0, 1.0), (2.0, 4.0)]) == Exponent(value=pytest.approx(2.0))
    assert fit_power_law([(2.0, 1.0), (2.0, 4.0)]) is None
    assert fit_power_law([]) is None


def test_three_epochs_are_the_fewest() -> None:
    assert over_epochs([1.9, 2.1]) is None
    found = over_epochs([1.9, 2.0, 2.1])
    assert found == Exponent(value=pytest.approx(2.0), half_width=pytest.approx(4.3027 * 0.1 / math.sqrt(3), rel=1e-4))


@pytest.mark.parametrize("several", ["points", "epochs"])
def test_the_interval_holds_the_truth_95_times_in_100(several: str) -> None:
    chance = random.Random(several)
    held = 0
    for _ in range(400):
        if several == "points":
            found = fit_power_law([(x, x**1.5 * chance.lognormvariate(0, 0.1)) for x in (1, 2, 4, 8, 16)])
        else:
            found = over_epochs([1.5 + chance.gauss(0, 0.1) for _ in range(5)])
        assert found is not None
        assert found.half_width is not None
        held += abs(found.value - 1.5) <= found.half_width
    assert 0.92 <= held / 400 <= 0.98
