"""The figures of a row: a mapping from their names, in order, that nothing changes."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from assay.records.results import (
    AttentionCase,
    Case,
    Manifest,
    Measurement,
    Metric,
    Metrics,
    Outcome,
    Run,
    Sample,
    Status,
    TokenizerCase,
)
from assay.records.workload import Workload

FIGURES = Metrics(tokens=7, bytes_per_token=4.0, ids_as="list")


def test_it_is_a_mapping_in_the_order_of_its_figures() -> None:
    assert FIGURES == {"ids_as": "list", "tokens": 7, "bytes_per_token": 4.0}
    assert list(FIGURES) == list(FIGURES.keys()) == ["tokens", "bytes_per_token", "ids_as"]
    assert FIGURES.get("fertility") is None
    assert eval(repr(FIGURES), {"Metrics": Metrics}) == FIGURES


def test_what_is_none_is_left_out() -> None:
    assert Metrics({"tokens": 7, "family": None}, words=None) == {"tokens": 7}
    assert list(FIGURES | {"family": None}) == list(FIGURES)


def test_the_figures_of_two_are_those_of_the_first_and_then_those_of_the_second() -> None:
    assert list(Metrics(words=2) | FIGURES) == ["words", "tokens", "bytes_per_token", "ids_as"]


@pytest.mark.parametrize("twice", [lambda: FIGURES | {"tokens": 7}, lambda: Metrics({"tokens": 7}, tokens=8)])
def test_a_name_that_comes_twice_is_an_error(twice: Any) -> None:
    with pytest.raises(TypeError, match="'tokens'"):
        twice()


def test_nothing_in_it_changes() -> None:
    figures: Any = FIGURES
    with pytest.raises(TypeError):
        figures["tokens"] = 8
    before = hash(FIGURES)
    figures |= {"words": 2}
    assert (FIGURES.get("words"), hash(FIGURES)) == (None, before)
    assert hash(Metrics(reversed_order=1, tokens=7)) == hash(Metrics(tokens=7, reversed_order=1))


def test_a_loop_yields_names_that_know_their_values_as_plugins_of_hooks_version_2_read_them() -> None:
    assert [(metric.name, metric.value) for metric in FIGURES] == list(FIGURES.items())
    assert {type(metric.name) for metric in FIGURES} == {type(name) for name in FIGURES.keys() | dict(FIGURES)} == {str}


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_are_the_same(again: Any) -> None:
    (first, *_) = FIGURES
    assert (again(FIGURES), again(first), again(first).value) == (FIGURES, first, 7)
    assert Metric(name="tokens", value=7) == first


# --- cases and rows

WORKLOAD = Workload.self_attention("core", batch=1, length=2, d_model=4)


@pytest.mark.parametrize(
    ("fields", "split", "edge_case"),
    [
        ({}, "all", False),
        ({"held_out": 0.1}, "held-out-10", False),
        ({"held_out": 0.125}, "held-out-12.5", False),
        ({"sample": 0.01}, "all~1%", False),
        ({"held_out": 0.2, "sample": 0.005}, "held-out-20~0.5%", False),
        ({"shards": True}, "shards", False),
        ({"shards": True, "sample": 0.02}, "shards~2%", False),
        ({"shards": True, "trained_on": "d"}, "shards", False),
        ({"trained_on": "d"}, "all", True),
    ],
)
def test_what_a_case_of_a_tokenizer_is_called(fields: dict[str, Any], split: str, edge_case: bool) -> None:
    case = TokenizerCase(tokenizer="t", corpus="c", **fields)
    assert (case.split, case.edge_case, case.plugin) == (split, edge_case, "t")
    assert (case.group, case.id) == (f"tokenizer/c/{split}", f"tokenizer/c/{split}/t")


def test_what_a_case_of_an_attention_is_called() -> None:
    case = AttentionCase(attention="a", workload=WORKLOAD)
    assert (case.plugin, case.group) == ("a", f"attention/{WORKLOAD.id}")
    assert case.id == f"attention/{WORKLOAD.id}/a"


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("expected", [False, True])
def test_only_a_failure_that_is_not_announced_is_to_blame(status: Status, expected: bool) -> None:
    case: Case = TokenizerCase(tokenizer="t", corpus="c")
    right = Measurement(case=case, status=Status.OK)
    row = Measurement(case=case, status=status, expected=expected, metrics=Metrics(tokens=5))
    assert row.blamed == (status == "failed" and not expected)
    assert (row.value("tokens"), row.value("words"), right.value("tokens")) == (5, None, None)
    run = Run(id="r", started="2026", suite="s", command="c", environment={})
    for rows in ((right, row), (row, right)):
        found = Outcome(run=run, manifest=Manifest.of(2, {}), measurements=rows, noise=None)
        assert found.failed == row.blamed


def test_what_is_not_said_has_its_default() -> None:
    case = TokenizerCase(tokenizer="t", corpus="c")
    assert (case.held_out, case.trained_on, case.sample, case.shards) == (0.0, None, 0.0, False)
    row = Measurement(case=case, status=Status.OK)
    assert (row.reason, row.remedy, row.expected, row.metrics, row.timings) == (None, None, False, {}, ())
    assert Sample(iterations=1, wall_ns=2, cpu_ns=3).epoch == 0
    run = Run(id="r", started="2026", suite="s", command="c", environment={})
    assert (run.settings, run.state, run.finished) == ("{}", "running", None)


def test_the_texts_of_the_statuses_are_those_of_the_store() -> None:
    assert [str(status) for status in Status] == ["ok", "failed", "skipped", "unsupported"]


def test_figures_are_read_by_name_and_told_in_full() -> None:
    assert (FIGURES["tokens"], len(FIGURES), "tokens" in FIGURES, "words" in FIGURES) == (7, 3, True, False)
    assert repr(Metrics(tokens=7, ids_as="list")) == "Metrics({'tokens': 7, 'ids_as': 'list'})"
    assert Metrics({"a": 0, "b": False, "c": ""}) == {"a": 0, "b": False, "c": ""}
    with pytest.raises(KeyError, match="words"):
        FIGURES["words"]
    assert {Metrics(a=1): "found"}[Metrics(a=1)] == "found"
    assert hash(Metrics(a=1)) != hash(Metrics(a=2))
