"""The interval of a ratio of sums: it holds the truth as often as it says, and hangs on nothing but the documents."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.stats.bootstrap import FEWEST, MOST, RESAMPLES, Interval, ratio_interval

Draw = Callable[[random.Random], tuple[int, int]]
COUNTS = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=FEWEST, max_size=40)


def interval(units: list[tuple[int, int]]) -> Interval | None:
    return ratio_interval([above for above, _ in units], [below for _, below in units])


def tokens_of_bytes(chance: random.Random) -> tuple[int, int]:
    """Documents of very different lengths, each with its own bytes per token between 2 and 6, 4 on average."""
    tokens = round(chance.lognormvariate(5.0, 0.7))
    return round(tokens * chance.uniform(2.0, 6.0)), tokens


def rare_unknown(chance: random.Random) -> tuple[int, int]:
    """100 tokens, 0 to 4 of them unknown: 2 % on average."""
    return chance.randint(0, 4), 100


class TestCoverage:
    """The share of 100 samples of documents whose interval holds the ratio of the distribution."""

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("draw", "truth", "documents"),
        [
            (tokens_of_bytes, 4.0, 20),
            (rare_unknown, 0.02, 40),
            pytest.param(tokens_of_bytes, 4.0, MOST + 150, marks=pytest.mark.long),
        ],
    )
    def test_at_least_nine_in_ten_hold_the_truth(self, draw: Draw, truth: float, documents: int) -> None:
        chance = random.Random(documents)
        held = narrow = 0
        for _ in range(100):
            found = interval([draw(chance) for _ in range(documents)])
            assert found is not None
            held += found.low <= truth <= found.high
            narrow += found.high - found.low < truth
        assert 90 <= held <= 99
        assert narrow == 100


class TestInterval:
    def test_of_documents_that_are_all_alike_there_is_no_doubt(self) -> None:
        assert interval([(3, 2)] * FEWEST) == Interval(low=1.5, high=1.5)

    def test_against_all_resamples_of_two_sorts_of_documents(self) -> None:
        """Of n documents with 0 or 1 in 1, the ratio of a draw is binomial: its quantiles are known."""
        n = 100
        found = interval([(index % 2, 1) for index in range(n)])
        assert found is not None
        # Binomial(100, 1/2): 2.5 % and 97.5 % at 40 and 60; a thousand draws miss them by one at most.
        assert found.low == pytest.approx(0.40, abs=0.011)
        assert found.high == pytest.approx(0.60, abs=0.011)

    @settings(max_examples=20, deadline=None)
    @given(units=COUNTS)
    def test_it_lies_among_the_ratios_of_the_documents_and_is_the_same_again(
        self, units: list[tuple[int, int]]
    ) -> None:
        found = interval(units)
        assert found is not None
        ratios = [above / below for above, below in units]
        assert min(ratios) - 1e-9 <= found.low <= found.high <= max(ratios) + 1e-9
        assert interval(list(units)) == found

    @settings(max_examples=20, deadline=None)
    @given(units=COUNTS, factor=st.integers(2, 9))
    def test_it_scales_with_the_numerators(self, units: list[tuple[int, int]], factor: int) -> None:
        found, scaled = interval(units), interval([(above * factor, below) for above, below in units])
        assert found is not None
        assert scaled is not None
        assert (scaled.low, scaled.high) == pytest.approx((found.low * factor, found.high * factor))

    def test_more_documents_make_it_narrower(self) -> None:
        chance = random.Random(1)
        units = [tokens_of_bytes(chance) for _ in range(16 * MOST)]
        few, many = interval(units[:MOST]), interval(units)
        assert few is not None
        assert many is not None
        assert (few.high - few.low) / (many.high - many.low) == pytest.approx(4.0, rel=0.25)

    def test_an_order_of_the_documents_that_comes_back_does_not_widen_it(self) -> None:
        """Without dealing at random, each of the heaps would hold documents of one size only."""
        numerators = [index % MOST for index in range(16 * MOST)]
        found = ratio_interval(numerators, [1] * len(numerators))
        assert found is not None
        error = statistics.pstdev(numerators) / len(numerators) ** 0.5
        assert (found.high - found.low) / (2 * 1.96 * error) == pytest.approx(1.0, rel=0.25)

    def test_the_caller_keeps_its_order(self) -> None:
        numerators = list(range(MOST + 50))
        ratio_interval(numerators, [1] * len(numerators))
        assert numerators == sorted(numerators)


class TestNone:
    def test_of_too_few_documents(self) -> None:
        assert interval([(index + 1, 2) for index in range(FEWEST - 1)]) is None
        assert interval([(index + 1, 2) for index in range(FEWEST)]) is not None

    def test_of_nothing_to_count(self) -> None:
        assert interval([(0, 5)] * FEWEST) is None

    def test_where_a_draw_has_nothing_to_divide_by(self) -> None:
        assert interval([(1, 0)] * (FEWEST - 1) + [(1, 1)]) is None

    def test_of_lists_that_do_not_match(self) -> None:
        with pytest.raises(ValueError, match="zip"):
            ratio_interval([1] * FEWEST, [1] * (FEWEST + 1))


def test_the_tails_are_whole_numbers_of_draws() -> None:
    assert RESAMPLES % 40 == 0


# --- golden numbers: a published interval never changes


def by_definition(units: list[tuple[int, int]]) -> tuple[float, float]:
    """The interval in the plainest way: what the docstring says, step by step."""
    chance = random.Random(1979)
    if len(units) > 200:
        order = list(units)
        chance.shuffle(order)
        strata = [[0, 0] for _ in range(200)]
        for place, (above, below) in enumerate(order):
            strata[place % 200][0] += above
            strata[place % 200][1] += below
        units = [(above, below) for above, below in strata]
    ratios = []
    for _ in range(1000):
        draw = chance.choices(units, k=len(units))
        ratios.append(sum(above for above, _ in draw) / sum(below for _, below in draw))
    ratios.sort()
    return ratios[24], ratios[975]  # the 25th smallest and the 25th largest


def unequal(count: int) -> list[tuple[int, int]]:
    return [(index * 37 % 101 + 1, index * 53 % 29 + 1) for index in range(count)]


@pytest.mark.parametrize("count", [20, 199, 200, 201, 450])
def test_it_is_what_its_definition_says(count: int) -> None:
    found = interval(unequal(count))
    assert found is not None
    assert (found.low, found.high) == by_definition(unequal(count))


@pytest.mark.parametrize(
    ("units", "low", "high"),
    [
        ([(number, 2) for number in range(1, 41)], 8.375, 11.9875),
        (unequal(30), 2.6044520547945207, 4.471976401179941),
        (unequal(450), 3.10671883432272, 3.66058337232881),
        ([(number, 7) for number in range(1, 1001)], 68.95328571428571, 74.00414285714285),
    ],
)
def test_golden_intervals(units: list[tuple[int, int]], low: float, high: float) -> None:
    found = interval(units)
    assert found is not None
    assert (found.low, found.high) == (low, high)


def test_one_numerator_that_counts_is_enough_and_one_draw_without_a_denominator_is_not() -> None:
    found = interval([(1, 1)] + [(0, 1)] * (FEWEST - 1))
    assert found is not None
    assert (found.low, found.high) == (0.0, pytest.approx(0.15, abs=0.051))
    assert interval([(1, 1)] * (FEWEST - 1) + [(1, 0)]) is not None
