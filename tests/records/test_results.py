"""The figures of a row: a mapping from their names, in order, that nothing changes."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from assay.records.results import Metric, Metrics

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
