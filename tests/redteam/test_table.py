"""The table of the red team is whole, its judgement is strict, and docs/redteam.md shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay import AttentionCase, Measurement, Metrics, Status, Workload
from redteam import table
from redteam.__main__ import CASES, MOST_AT_ONCE, complaint, runs
from redteam.case import accepted, refused, told
from redteam.page import PAGE, replaced
from redteam.plugins import PLUGINS
from redteam.table import CAUSAL
from redteam.tokenizers.plugins import TOKENIZERS

CASE = AttentionCase(attention="one", workload=Workload.parse(CAUSAL))
OK = Measurement(case=CASE, status=Status.OK, metrics=Metrics(tokens_per_s=1e5, step_ratio=0.5))
FAILED = Measurement(case=CASE, status=Status.FAILED, reason="stress: wrong output")


def test_no_plugin_is_twice_on_a_workload_and_none_is_forgotten() -> None:
    places = [(case.plugin, case.on) for case in CASES]
    assert len(places) == len(set(places))
    assert {plugin for plugin, _ in places} == {*PLUGINS, *TOKENIZERS}
    assert PLUGINS.keys().isdisjoint(TOKENIZERS)


@pytest.mark.parametrize(("tokenizers", "least_planted", "least_right"), [(False, 45, 14), (True, 28, 12)])
def test_there_are_enough_of_both_sorts(tokenizers: bool, least_planted: int, least_right: int) -> None:
    planted = {case.plugin for case in CASES if case.planted and case.tokenizer is tokenizers}
    right = {case.plugin for case in CASES if not case.planted and case.tokenizer is tokenizers}
    assert len(planted) >= least_planted
    assert len(right) >= least_right
    assert planted.isdisjoint(right)


def test_each_plugin_offers_its_workload() -> None:
    reasons = {case: PLUGINS[case.plugin].unsupported(Workload.parse(case.on)) for case in table.CASES}
    assert {case: reason for case, reason in reasons.items() if reason is not None} == {}


def test_every_workload_has_something_right_to_be_compared_with() -> None:
    shared = runs(CASES)
    assert sum(map(len, shared)) == len(CASES)
    assert max(map(len, shared)) <= MOST_AT_ONCE
    assert {case.on for case in CASES} == {case.on for case in CASES if not case.planted}


def test_a_refusal_counts_by_the_check_that_was_meant() -> None:
    case = refused("one", CAUSAL, "lengths|stress")
    assert complaint(case, FAILED) == ""
    assert "must be refused by 'lengths' or 'stress'" in complaint(case, replace(FAILED, reason="reference: wrong"))
    assert "failed, its process died" in complaint(case, replace(FAILED, reason="its process died"))
    assert "0.50 of the time" in complaint(case, OK)


def test_a_check_with_dots_may_stand_anywhere_in_the_reason() -> None:
    case = refused("one", CAUSAL, "... wrong output")
    assert complaint(case, FAILED) == ""
    assert complaint(case, replace(FAILED, reason="stress: died")) != ""


def test_a_refused_row_must_have_no_speed() -> None:
    case = refused("one", CAUSAL, "stress")
    assert complaint(case, replace(FAILED, metrics=Metrics(tokens_per_s=1e5))) != ""


def test_a_refused_tokenizer_must_have_no_speed() -> None:
    case = refused("one", "the-verdict", "stress")
    assert complaint(case, FAILED) == ""
    assert complaint(case, replace(FAILED, metrics=Metrics(encode_tokens_per_s=1e5))) != ""


def test_what_is_harmless_may_be_accepted_when_it_is_no_faster() -> None:
    case = refused("one", CAUSAL, "timed", harmless=True)
    assert "or be no faster" in complaint(case, OK)
    assert complaint(case, replace(OK, metrics=Metrics(tokens_per_s=1e5, step_ratio=0.9))) == ""


def test_a_harmless_tokenizer_is_no_faster_by_its_own_ratio() -> None:
    case = refused("one", "the-verdict", "timed", harmless=True)
    assert "in 0.50 of the time" in complaint(case, replace(OK, metrics=Metrics(encode_ratio=0.5)))
    assert complaint(case, replace(OK, metrics=Metrics(encode_ratio=0.9))) == ""


def test_what_is_right_must_be_accepted() -> None:
    (case,) = accepted(CAUSAL, "one")
    assert complaint(case, OK) == ""
    assert "must be accepted, and the row says: failed, stress: wrong output" in complaint(case, FAILED)


def test_what_must_be_told_stands_in_the_row() -> None:
    words, number = told("one", CAUSAL, "mispredicted", "1 byte"), told("one", CAUSAL, "peak_bytes", least=100.0)
    row = replace(OK, metrics=OK.metrics | Metrics(mispredicted="its plugin predicted 1 byte", peak_bytes=100))
    assert complaint(words, row) == complaint(number, row) == ""
    assert "must say mispredicted with '1 byte' in it" in complaint(words, OK)
    assert "must say peak_bytes of at least 100" in complaint(number, replace(row, metrics=Metrics(peak_bytes=99)))


def test_the_page_shows_the_table() -> None:
    page = PAGE.read_text("utf-8")
    assert page == replaced(page), "PYTHONPATH=tests python -m redteam.page writes it"
