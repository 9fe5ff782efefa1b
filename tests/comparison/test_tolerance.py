"""Budgets by pattern."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.comparison.tolerance import Budgets, read_percent, tolerances
from assay.errors import AssayError
from assay.records.verdicts import Tolerance

CELL = "tokenizer/the-verdict/all/regex-unk/encode"


def test_without_rules_the_default_holds() -> None:
    assert tolerances({}).of(CELL) == Tolerance(minimum_effect=0.01, equivalence_margin=0.03)
    assert Budgets(default=Tolerance(minimum_effect=0.1, equivalence_margin=0.2)).of(CELL).minimum_effect == 0.1


@pytest.mark.parametrize(
    ("value", "effect", "margin"),
    [
        ("5%", 0.05, 0.05),
        ("2 %", 0.02, 0.03),
        (" 0.5% ", 0.005, 0.03),
        (0.04, 0.04, 0.04),
        (0, 0.0, 0.03),
        ({"effect": "2%", "margin": "4%"}, 0.02, 0.04),
        ({"effect": "20%"}, 0.2, 0.2),
        ({"margin": 0.02}, 0.01, 0.02),
    ],
)
def test_what_a_budget_may_say(value: object, effect: float, margin: float) -> None:
    found = tolerances({"*": value}).of(CELL)
    assert (found.minimum_effect, found.equivalence_margin) == (pytest.approx(effect), pytest.approx(margin))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("five", "the effect 'five', not a share"),
        ("5", "not a share"),
        ("nan%", "not a share"),
        ("%", "not a share"),
        ("100%", "not a share"),
        ("-1%", "not a share"),
        (True, "not a share"),
        (5, "not a share"),
        (None, "not a share"),
        ([0.1], "not a share"),
        (float("nan"), "not a share"),
        ({}, "is empty"),
        ({"effects": "2%"}, "sets 'effects'"),
        ({"effect": "2%", "margin": "wide"}, "the margin 'wide'"),
        ({"effect": "4%", "margin": "2%"}, "margin of 0.02 under its effect of 0.04"),
        ({"margin": "0.5%"}, "under its effect"),
        ({"effect": 0, "margin": 0}, "margin of nothing"),
    ],
)
def test_what_it_may_not_say(value: object, said: str) -> None:
    with pytest.raises(AssayError) as caught:
        tolerances({"*/regex*": value})
    assert said in caught.value.message
    assert "'*/regex*'" in caught.value.message


def test_the_last_matching_pattern_holds() -> None:
    budgets = tolerances({"*": "2%", "*/regex*": "5%", "*/decode": "7%"})
    assert budgets.of(CELL).minimum_effect == pytest.approx(0.05)
    assert budgets.of("tokenizer/the-verdict/all/regex-unk/decode").minimum_effect == pytest.approx(0.07)
    assert budgets.of("attention/x/naive/step").minimum_effect == pytest.approx(0.02)


def test_a_pattern_is_of_the_whole_id_with_case() -> None:
    assert tolerances({"regex-unk": "5%", "*/Regex*": "6%"}).of(CELL) == Tolerance()


@given(st.floats(0, 0.99), st.floats(0.001, 0.99))
def test_every_budget_has_a_margin_that_holds_its_effect(effect: float, margin: float) -> None:
    try:
        found = tolerances({"*": {"effect": effect, "margin": margin}}).of("x")
    except AssayError:
        assert margin < effect
    else:
        assert 0 <= found.minimum_effect <= found.equivalence_margin < 1


FORM = "write '5%', 0.05, or { effect = '2%', margin = '4%' }"


@pytest.mark.parametrize(
    ("value", "message", "remedy"),
    [
        ("five", "the budget of 'a' has the effect 'five', not a share from 0 to 1", FORM),
        (1.0, "the budget of 'a' has the effect 1.0, not a share from 0 to 1", FORM),
        (-1e-9, "the budget of 'a' has the effect -1e-09, not a share from 0 to 1", FORM),
        ({"margin": 1}, "the budget of 'a' has the margin 1, not a share from 0 to 1", FORM),
        ({}, "the budget of 'a' is empty; a budget has an effect and a margin", FORM),
        (
            {"effect": 0.1, "b": 1, "a": 2},
            "the budget of 'a' sets 'a'; a budget has an effect and a margin",
            FORM,
        ),
        ({"effect": 0, "margin": 0}, "the budget of 'a' has a margin of nothing, within which no interval fits", None),
        (
            {"effect": 0.12345, "margin": 0.1234},
            "the budget of 'a' has a margin of 0.123 under its effect of 0.123",
            None,
        ),
    ],
)
def test_what_is_refused_is_said_in_full(value: object, message: str, remedy: str | None) -> None:
    with pytest.raises(AssayError) as caught:
        tolerances({"a": value})
    assert (caught.value.message, caught.value.remedy) == (message, remedy)


def test_a_default_that_is_given_fills_what_a_budget_leaves_open() -> None:
    default = Tolerance(minimum_effect=0.1, equivalence_margin=0.2)
    budgets = tolerances(
        {"a": "5%", "b": {"margin": 0.15}, "c": "30%", "d": {"effect": 0.999, "margin": 0.999}}, default
    )
    found = {name: budgets.of(name) for name in "abcde"}
    assert {name: (each.minimum_effect, each.equivalence_margin) for name, each in found.items()} == {
        "a": (0.05, 0.2),
        "b": (0.1, 0.15),
        "c": (0.3, 0.3),
        "d": (0.999, 0.999),
        "e": (0.1, 0.2),
    }


@pytest.mark.parametrize(
    ("value", "share"), [("25%", 0.25), (" 25 % ", 0.25), ("0.25", 0.25), (3, 3.0), ("-10%", -0.1)]
)
def test_a_share_is_read(value: object, share: float) -> None:
    assert read_percent(value) == share


@pytest.mark.parametrize("value", ["inf", float("-inf"), "nan", True, None, [1]])
def test_what_is_not_a_share_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"is not a share$"):
        read_percent(value)
