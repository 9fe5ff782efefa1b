"""Steps in a series: found where they are, and not where there is only noise. All simulations are seeded."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.stats import changepoint
from assay.stats.changepoint import ChangePoint, detect_changepoints


def noise(generator: random.Random, kind: str) -> float:
    """One value about 100: of normal noise, of Cauchy's heavy tails, or with now and then one three times as large."""
    if kind == "heavy":
        return 100 * (1 + 0.02 * math.tan(math.pi * (generator.random() - 0.5)))
    wild = 3 if kind == "outliers" and generator.random() < 0.1 else 1
    return 100 * (1 + 0.05 * generator.gauss(0, 1)) * wild


@pytest.mark.long
@pytest.mark.parametrize("kind", ["normal", "heavy", "outliers"])
def test_no_more_than_two_in_a_hundred_series_of_noise_show_a_step(kind: str) -> None:
    generator = random.Random(7)
    series = [[noise(generator, kind) for _ in range(40)] for _ in range(500)]
    assert sum(bool(detect_changepoints(values)) for values in series) <= 10


def stepped(generator: random.Random, count: int, at: int, share: float, spread: float) -> list[float]:
    return [100 * (1 + spread * generator.gauss(0, 1)) * (1 + share * (place >= at)) for place in range(count)]


@pytest.mark.long
def test_a_step_of_a_tenth_is_found_where_it_is() -> None:
    """In noise of 5 % nobody can place it within two in more than 93 of 100, even who knows both levels."""
    generator = random.Random(11)
    for spread, within, least in ((0.05, 2, 0.85), (0.05, 4, 0.95), (0.04, 2, 0.95)):
        found = [detect_changepoints(stepped(generator, 60, 35, 0.1, spread)) for _ in range(120)]
        assert sum(len(one) == 1 for one in found) >= 0.95 * len(found)
        assert sum(any(abs(step.index - 35) <= within for step in one) for one in found) >= least * len(found)


def test_several_steps_up_and_down() -> None:
    generator = random.Random(3)
    levels = [100.0] * 20 + [120.0] * 20 + [100.0] * 15 + [70.0] * 25
    found = detect_changepoints([level * (1 + 0.01 * generator.gauss(0, 1)) for level in levels])
    assert [step.index for step in found] == [20, 40, 55]
    assert [step.change for step in found] == pytest.approx([0.2, -1 / 6, -0.3], abs=0.02)
    assert [(step.before, step.after) for step in found[1:]] == [
        (pytest.approx(120, abs=1), pytest.approx(100, abs=1)),
        (pytest.approx(100, abs=1), pytest.approx(70, abs=1)),
    ]
    assert {step.p for step in found} <= {number / 1000 for number in range(1, 10)}


def test_a_step_that_is_too_small_to_matter_is_none_however_sure() -> None:
    values = stepped(random.Random(5), 100, 50, 0.03, 0.001)
    assert detect_changepoints(values) == ()
    (step,) = detect_changepoints(values, least=0.02)
    assert step.index == 50


def test_one_wild_run_is_no_step_and_neither_are_three() -> None:
    values = [100.0 + place % 3 for place in range(40)]
    for wild in ((20,), (20, 21, 22), (39,)):
        assert detect_changepoints([value * (5 if place in wild else 1) for place, value in enumerate(values)]) == ()


@pytest.mark.parametrize("count", range(10))
def test_fewer_than_ten_values_show_none(count: int) -> None:
    assert detect_changepoints([1.0 if place < count / 2 else 2.0 for place in range(count)]) == ()


def test_eleven_values_can() -> None:
    assert [step.index for step in detect_changepoints([1.0, 1.1, 1.2, 1.3, 1.4, 2.0, 2.1, 2.2, 2.3, 2.4, 2.5])] == [5]


def test_of_exact_figures_every_change_is_a_step() -> None:
    assert detect_changepoints([5, 5, 6, 5], exact=True) == (
        ChangePoint(index=2, before=5, after=6, p=0.0),
        ChangePoint(index=3, before=6, after=5, p=0.0),
    )
    assert (
        detect_changepoints([5.0], exact=True) == detect_changepoints([], exact=True) == detect_changepoints([]) == ()
    )


def test_a_level_of_zero_has_no_share() -> None:
    (up,) = detect_changepoints([0.0] * 10 + [1.0] * 10)
    assert up.change == math.inf
    (down,) = detect_changepoints([0.0] * 10 + [-1.0] * 10)
    assert down.change == -math.inf
    (less,) = detect_changepoints([-2.0] * 10 + [-1.0] * 10)
    assert less.change == 0.5


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_what_is_no_number_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        detect_changepoints([1.0, wrong])


levels = st.lists(st.sampled_from([70.0, 100.0, 140.0, 200.0]), min_size=1, max_size=4)


def drawn(seed: int, parts: list[float]) -> list[float]:
    generator = random.Random(seed)
    return [level * (1 + 0.03 * generator.gauss(0, 1)) for level in parts for _ in range(generator.randrange(6, 25))]


@given(st.integers(0, 2**32), levels)
@settings(deadline=None, max_examples=40)
def test_reversing_a_series_mirrors_its_steps(seed: int, parts: list[float]) -> None:
    values = drawn(seed, parts)
    found, mirrored = detect_changepoints(values), detect_changepoints(values[::-1])[::-1]
    assert [(len(values) - step.index, step.after, step.before) for step in mirrored] == [
        (step.index, step.before, step.after) for step in found
    ]
    # Of two places that divide equally well the first is taken, and then the parts have other random orders.
    assert [step.p for step in mirrored] == pytest.approx([step.p for step in found], abs=0.004)


@given(st.integers(0, 2**32), levels, st.integers(-20, 20))
@settings(deadline=None, max_examples=40)
def test_the_unit_does_not_matter(seed: int, parts: list[float], power: int) -> None:
    values = drawn(seed, parts)
    scaled = detect_changepoints([value * 2.0**power for value in values])
    assert [(step.index, step.p, step.change) for step in scaled] == [
        (step.index, step.p, step.change) for step in detect_changepoints(values)
    ]


@given(st.lists(st.integers(0, 3), max_size=60))
@settings(deadline=None, max_examples=40)
def test_steps_are_in_order_and_have_room_on_both_sides(values: list[int]) -> None:
    places = [0, *(step.index for step in detect_changepoints(values)), len(values)]
    assert all(after - before >= 4 for before, after in pairwise(places) if len(places) > 2)


# --- where a changepoint is, by hand


@pytest.mark.parametrize(
    ("before", "middle", "after", "index"),
    [(10, 1, 10, 10), (10, 2, 10, 10), (8, 1, 12, 9), (12, 1, 8, 12), (8, 3, 12, 11)],
)
def test_of_places_that_are_as_good_the_nearest_to_that_of_the_ranks_is_taken(
    before: int, middle: int, after: int, index: int
) -> None:
    """A value in the middle of two levels may be on either side: the ranks put it beside the fewer values."""
    for low, high in ((1.0, 2.0), (2.0, 1.0)):
        (found,) = detect_changepoints([low] * before + [1.5] * middle + [high] * after)
        assert (found.index, found.before, found.after) == (index, low, high)


@pytest.mark.parametrize(("wild", "index"), [(15, 20), (16, 20), (18, 18), (19, 19), (22, 20), (24, 20)])
def test_no_value_counts_for_more_than_one_at_a_distance_of_the_change(wild: int, index: int) -> None:
    """One far above the new level counts against the old one as two usual values do for it, not as hundreds."""
    for low, high in ((1.0, 2.0), (-1.0, -2.0)):
        values = [low] * 20 + [high] * 20
        values[wild] = 900.0 * high
        (found,) = detect_changepoints(values)
        assert (found.index, found.before, found.after) == (index, low, high)


def ranked(values: list[float], side: int) -> tuple[int, float]:
    """Where Mann-Whitney's U, standardised and squared, is largest; in the plainest way."""
    count, sizes = len(values), {}
    for place in range(side, count - side + 1):
        wins = sum((a < b) - (a > b) for a in values[:place] for b in values[place:])
        sizes[place] = wins * wins / (place * (count - place))
    place = max(sizes, key=lambda each: (sizes[each], -each))
    return place, sizes[place]


def test_the_p_value_is_the_share_of_random_orders_that_show_as_much() -> None:
    """Against a plain count, with other random orders: both miss the truth by less than three in a hundred."""
    values = [5.0, 3.0, 4.0, 6.0, 5.5, 4.5, 7.0, 8.0, 6.5, 9.0, 5.2, 7.5]
    place, size = ranked(values, 4)
    (found,) = detect_changepoints(values, level=0.5, least=0.0)
    chance, larger = random.Random(1), 0
    for _ in range(999):
        larger += ranked(chance.sample(values, len(values)), 4)[1] >= size
    assert found.p == pytest.approx((1 + larger) / 1000, abs=0.03)
    assert found.index == place == 6


def test_golden_changepoints() -> None:
    """What a history shows never changes: places, levels and p-values."""
    values = [100.0 + place * 7919 % 13 for place in range(14)]
    values += [107.0 + place * 7919 % 13 for place in range(14)]
    values += [95.0 + place * 7919 % 17 for place in range(12)]
    assert detect_changepoints(values) == ()
    assert detect_changepoints(values, level=0.2) == (
        ChangePoint(index=16, before=106.5, after=114.0, p=0.001),
        ChangePoint(index=27, before=114.0, after=103.0, p=0.024),
    )
    assert [each.p for each in detect_changepoints(values, level=0.2, permutations=199)] == [0.005, 0.02]


@pytest.mark.parametrize("side", [3, 4, 5])
def test_a_changepoint_has_so_many_values_on_each_side(side: int) -> None:
    for values in ([1.0] * side + [2.0] * 30, [1.0] * 30 + [2.0] * side):
        assert len(detect_changepoints(values, side=side, level=0.02)) == 1
    values = [1.0] * (side - 1) + [2.0] * 30
    assert all(found.index >= side for found in detect_changepoints(values, side=side, level=0.5))


def test_the_least_change_is_of_the_smaller_level_both_ways() -> None:
    for values in ([100.0] * 12 + [105.0] * 12, [105.0] * 12 + [100.0] * 12):
        assert len(detect_changepoints(values, least=0.05)) == 1
        assert detect_changepoints(values, least=0.0501) == ()
    for values in ([-100.0] * 12 + [-105.0] * 12, [-105.0] * 12 + [-100.0] * 12):
        assert len(detect_changepoints(values, least=0.05)) == 1
        assert detect_changepoints(values, least=0.0501) == ()


def test_one_too_small_goes_and_the_rest_have_longer_parts() -> None:
    values = [100.0] * 12 + [101.0] * 14 + [200.0] * 12
    (found,) = detect_changepoints(values)
    assert (found.index, found.before, found.after) == (26, 101.0, 200.0)
    assert [each.index for each in detect_changepoints(values, least=0.005)] == [12, 26]


def test_a_p_value_must_be_below_the_level() -> None:
    values = [1.0, 1.1, 1.2, 1.3, 1.4, 2.0, 2.1, 2.2, 2.3, 2.4, 2.5]
    (found,) = detect_changepoints(values)
    assert detect_changepoints(values, level=found.p) == ()
    assert len(detect_changepoints(values, level=found.p + 1e-9)) == 1


def test_what_is_not_finite_is_refused_in_full_also_among_exact_figures() -> None:
    for exact in (False, True):
        with pytest.raises(ValueError, match="finite") as caught:
            detect_changepoints([1.0, -math.inf], exact=exact)
        assert str(caught.value) == "a series with changepoints must be of finite numbers"


@pytest.mark.parametrize("permutations", [1, 2, 999])
@pytest.mark.parametrize("at_a_time", [1, 2, 499, 10_000])
def test_every_random_order_counts_however_many_are_shuffled_at_a_time(
    monkeypatch: pytest.MonkeyPatch, permutations: int, at_a_time: int
) -> None:
    """Of values that are all the same each order shows as much as theirs: p is 1."""
    monkeypatch.setattr(changepoint, "LARGEST_BLOCK", 8 * at_a_time)
    (found,) = detect_changepoints([1.0] * 8, level=2.0, least=0.0, permutations=permutations)
    assert (found.index, found.p, found.change) == (4, 1.0, 0.0)
