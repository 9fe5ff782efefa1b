"""Budgets by pattern."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.comparison.tolerance import Budgets, tolerances
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
