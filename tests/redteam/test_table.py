"""The table of the red team is whole, its judgement is strict, and docs/redteam.md shows it."""

from __future__ import annotations

from dataclasses import replace

from assay import AttentionCase, Measurement, Metrics, Status, Workload
from redteam.__main__ import MOST_AT_ONCE, complaint, runs
from redteam.page import PAGE, replaced
from redteam.plugins import PLUGINS
from redteam.table import CASES, CAUSAL, accepted, refused, told

CASE = AttentionCase(attention="one", workload=Workload.parse(CAUSAL))
OK = Measurement(case=CASE, status=Status.OK, metrics=Metrics(tokens_per_s=1e5, step_ratio=0.5))
FAILED = Measurement(case=CASE, status=Status.FAILED, reason="stress: wrong output")


def test_no_plugin_is_twice_on_a_workload_and_none_is_forgotten() -> None:
    places = [(case.plugin, case.workload) for case in CASES]
    assert len(places) == len(set(places))
    assert {plugin for plugin, _ in places} == set(PLUGINS)


def test_there_are_enough_of_both_sorts() -> None:
    planted = {case.plugin for case in CASES if case.planted}
    right = {case.plugin for case in CASES if not case.planted}
    assert len(planted) >= 45
    assert len(right) >= 14
    assert planted.isdisjoint(right)


def test_each_plugin_offers_its_workload() -> None:
    reasons = {case: PLUGINS[case.plugin].unsupported(Workload.parse(case.workload)) for case in CASES}
    assert {case: reason for case, reason in reasons.items() if reason is not None} == {}


def test_every_workload_has_something_right_to_be_compared_with() -> None:
    shared = runs(CASES)
    assert sum(map(len, shared)) == len(CASES)
    assert max(map(len, shared)) <= MOST_AT_ONCE
    assert {case.workload for case in CASES} == {case.workload for case in CASES if not case.planted}


def test_a_refusal_counts_by_the_check_that_was_meant() -> None:
    case = refused("one", CAUSAL, "lengths|stress")
    assert complaint(case, FAILED) == ""
    assert "must be refused by 'lengths' or 'stress'" in complaint(case, replace(FAILED, reason="reference: wrong"))
    assert "failed, its process died" in complaint(case, replace(FAILED, reason="its process died"))
    assert "0.50 of the time" in complaint(case, OK)


def test_a_refused_row_must_have_no_speed() -> None:
    case = refused("one", CAUSAL, "stress")
    assert complaint(case, replace(FAILED, metrics=Metrics(tokens_per_s=1e5))) != ""


def test_what_is_harmless_may_be_accepted_when_it_is_no_faster() -> None:
    case = refused("one", CAUSAL, "timed", harmless=True)
    assert "or be no faster" in complaint(case, OK)
    assert complaint(case, replace(OK, metrics=Metrics(tokens_per_s=1e5, step_ratio=0.9))) == ""


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
