"""How many digits a figure has: never more than its noise leaves, and never one that is wrong."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assay.report.text.significant_digits import (
    MOST,
    count,
    exponent_text,
    figure,
    fixed,
    interval,
    last_digit,
    percent,
    rounded,
    spread,
    three,
)

VALUES = st.floats(1e-12, 1e15)
DOUBTS = st.floats(1e-7, 20.0)


def read(text: str) -> float:
    return float(text.replace(",", "").replace("%", "").replace("±", ""))


def worth_of(text: str) -> float:
    """What one more in the last significant place shown would add; of whole figures, at most the last digit but 0."""
    digits, _, exponent = text.replace(",", "").partition("e")
    if "." in digits:
        return 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))
    return 10.0 ** (int(exponent or 0) + len(digits) - len(digits.rstrip("0")))


@given(VALUES, DOUBTS)
def test_rounding_takes_away_no_more_than_half_the_uncertainty_or_half_of_the_third_digit(
    value: float, doubt: float
) -> None:
    error = abs(read(figure(value, doubt)) - value)
    third = 10.0 ** (math.floor(math.log10(value)) - MOST + 1)
    first = 10.0 ** math.floor(math.log10(value))
    assert error <= max(min(value * doubt, first * 10) / 2, third * 5) * 1.000001


@given(VALUES, DOUBTS)
def test_no_digit_is_shown_that_the_uncertainty_swallows(value: float, doubt: float) -> None:
    """The last digit is worth a twentieth of the uncertainty or more; a figure has one digit in any case."""
    shown = figure(value, doubt)
    digits = shown.partition("e")[0].replace(",", "").replace(".", "").strip("0")
    assert len(digits) <= MOST
    assert worth_of(shown) >= value * doubt / 20.000001 or len(digits) <= 1 or digits == "10"


@given(VALUES, VALUES)
def test_less_noise_never_means_fewer_digits(one: float, other: float) -> None:
    assert last_digit(min(one, other)) <= last_digit(max(one, other))


@given(VALUES)
def test_without_an_uncertainty_there_are_three(value: float) -> None:
    assert read(figure(value)) == pytest.approx(value, rel=0.0051)
    assert figure(value) == figure(value, 0.0)


@given(st.integers(0, 2**52))
def test_counts_are_never_rounded(value: int) -> None:
    assert read(count(value)) == value


@pytest.mark.parametrize(
    ("value", "doubt", "shown"),
    [
        (47.2, 0.054, "47"),
        (47.2, 0.03, "47.2"),
        (47.2, 0.011, "47.2"),
        (15.94, 0.052, "15.9"),
        (12_634, 0.11, "12,600"),
        (10_721, 0.036, "10,700"),
        (81_342, 0.11, "81,000"),
        (5.0, 1.234, "5"),
        (5.0, 100.0, "5"),
        (5.0, 0.012, "5.00"),
        (9.996, None, "10.0"),
        (999.7, 0.0, "1,000"),
        (0.0123456, 0.2, "0.012"),
        (1.23456e-7, 0.01, "1.23e-07"),
        (-47.2, 0.054, "-47"),
        (0.0, 0.1, "0"),
        (math.inf, 0.1, "inf"),
        (47.2, math.inf, "50"),
        (47.2, math.nan, "47.2"),
    ],
)
def test_figure(value: float, doubt: float | None, shown: str) -> None:
    assert figure(value, doubt) == shown


@pytest.mark.parametrize(
    ("uncertainty", "place"), [(2.5, 0), (1.4, -1), (1.96, 0), (0.94, -1), (0.999, -1), (123.0, 1), (99.6, 1)]
)
def test_two_digits_of_the_uncertainty_decide(uncertainty: float, place: int) -> None:
    """1.96 is 2.0, of which the first digit is the last that counts; 0.999 is 1.0, which leaves one more."""
    assert last_digit(uncertainty) == place


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "±0%"),
        (0.054, "±5%"),
        (0.0123, "±1.2%"),
        (0.0083, "±0.8%"),
        (0.0949, "±9%"),
        (0.0999, "±10%"),
        (0.11, "±11%"),
        (0.234, "±23%"),
        (1.234, "±123%"),
    ],
)
def test_spread(share: float, shown: str) -> None:
    assert spread(share) == shown


@given(st.floats(1e-4, 10.0))
def test_a_spread_is_off_by_less_than_half(share: float) -> None:
    assert read(spread(share)) == pytest.approx(share * 100, rel=0.34, abs=0.005)


@pytest.mark.parametrize(
    ("ends", "shown"),
    [
        ((5.1, 4.7, 5.6), ("+5.1", "+4.7", "+5.6")),
        ((6.8, 4.4, 9.4), ("+7", "+4", "+9")),
        ((1.0, -0.1, 2.1), ("+1.0", "-0.1", "+2.1")),
        ((2.9, 0.4, 5.4), ("+2.9", "+0.4", "+5.4")),
        ((3.0, 0.0, 6.0), ("+3", "0", "+6")),
        ((0.012, 0.010, 0.014), ("+0.01", "+0.01", "+0.01")),
        ((2050.4, 1990.0, 2110.0), ("+2,050", "+1,990", "+2,110")),
        ((5.0, 5.0, 5.0), ("+5.00", "+5.00", "+5.00")),
        ((math.inf, 1.0, math.inf), ("+inf", "+1", "+inf")),
    ],
)
def test_interval(ends: tuple[float, float, float], shown: tuple[str, str, str]) -> None:
    assert interval(*ends) == shown


@given(st.floats(-90, 900), st.floats(0.02, 50), st.floats(0.02, 50))
def test_an_interval_stays_on_its_side_of_0_and_around_its_value(value: float, below: float, above: float) -> None:
    low, high = value - below, value + above
    assume(abs(low) >= 0.005)
    assume(abs(high) >= 0.005)
    shown = [read(text) for text in interval(value, low, high)]
    assert (shown[0] >= shown[1], shown[0] <= shown[2]) == (True, True)
    assert (shown[1] > 0, shown[2] < 0) == (low > 0, high < 0)
    for number, whole in zip(shown, (value, low, high), strict=True):
        assert abs(number - whole) <= (high - low) / 4 + 0.005


def test_the_pieces() -> None:
    assert (percent(0.5934, 0.011), percent(0.5934, 0.1)) == ("59.3%", "59%")
    assert (fixed(1234.5, 2), fixed(1.005, -2), fixed(-0.4, 0)) == ("1,200", "1.00", "-0")
    assert rounded(47.2, 2.5) == "47"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.01234, "0.0123"),
        (1.0, "1"),
        (12.345, "12.3"),
        (999.4, "999"),
        (1234.5, "1,230"),
        (123_456_789.0, "123,000,000"),
    ],
)
def test_three(value: float, shown: str) -> None:
    assert three(value) == shown


@pytest.mark.parametrize(
    ("value", "half", "text"),
    [
        (1.96, 0.03, "1.96\u00a0±0.03"),
        (1.963, 0.031, "1.96\u00a0±0.04"),
        (2.0, 0.0, "2.00\u00a0±0.01"),
        (2.0, None, "-"),
        (None, 0.1, "-"),
    ],
)
def test_it_is_written_with_its_interval_or_not_at_all(value: float | None, half: float | None, text: str) -> None:
    assert exponent_text(value, half) == text
