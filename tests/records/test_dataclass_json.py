"""Dataclasses as JSON and back, whatever they hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.records.dataclass_json import from_json, read, to_json
from assay.records.results import Measurement, Metrics, Sample, Status, Timing
from records.test_serialization import CASES, NAME, SIZE

METRIC = st.text(st.characters(exclude_categories=["Cs"]))  # as keys of an object, where JSON joins two halves
VALUES = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.booleans() | NAME
ROWS = st.builds(
    Measurement,
    case=CASES,
    status=st.sampled_from(Status),
    reason=st.none() | NAME,
    remedy=st.none() | NAME,
    expected=st.booleans(),
    metrics=st.dictionaries(METRIC, VALUES, max_size=6).map(lambda values: Metrics(values)),
    timings=st.lists(
        st.builds(
            Timing,
            name=NAME,
            samples=st.lists(st.builds(Sample, iterations=SIZE, wall_ns=SIZE, cpu_ns=SIZE, epoch=SIZE), max_size=3).map(
                tuple
            ),
        ),
        max_size=2,
    ).map(tuple),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bits:
    """A number whose form in JSON is its own."""

    value: int

    def to_plain(self) -> str:
        return f"{self.value:b}"

    @classmethod
    def from_plain(cls, content: Any) -> Bits:
        return cls(value=int(content, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One of each sort of field."""

    bits: Bits | None
    names: Mapping[str, tuple[Bits, ...]]


@given(row=ROWS)
def test_a_row_comes_back_as_it_was(row: Measurement) -> None:
    found = from_json(Measurement, to_json(row))
    assert found == row
    assert type(found.status) is Status
    assert list(found.metrics) == list(row.metrics)
    assert [type(value) for value in found.metrics.values()] == [type(value) for value in row.metrics.values()]


@given(values=st.dictionaries(NAME, st.lists(SIZE, max_size=2), max_size=2), first=st.none() | SIZE)
def test_a_class_may_have_a_form_of_its_own(values: dict[str, list[int]], first: int | None) -> None:
    names = {name: tuple(Bits(value=value) for value in each) for name, each in values.items()}
    holder = Holder(bits=None if first is None else Bits(value=first), names=names)
    text = to_json(holder)
    assert json.loads(text)["bits"] == (None if first is None else f"{first:b}")
    assert from_json(Holder, text) == holder


@pytest.mark.parametrize(
    "content",
    [
        None,
        7,
        "name",
        [1],
        {},
        {"name": "a"},
        {"name": "a", "samples": [], "unit": "s"},
        {"name": "a", "readings": []},
    ],
)
def test_other_fields_are_refused(content: object) -> None:
    with pytest.raises(ValueError, match="is not a valid Timing"):
        read(Timing, content)


@pytest.mark.parametrize("samples", [None, 3, [{"iterations": 1}], [None]])
def test_other_fields_within_are_refused_too(samples: object) -> None:
    with pytest.raises(ValueError, match="is not a valid Timing"):
        read(Timing, {"name": "encode", "samples": samples})


@pytest.mark.parametrize("metrics", [7, "name", [], [{"name": "a", "value": 1}]])
def test_metrics_are_an_object(metrics: object) -> None:
    assert read(Metrics, {"a": 1, "b": "c"}) == Metrics(a=1, b="c")
    with pytest.raises(ValueError, match="is not a valid Metrics"):
        read(Metrics, metrics)


def test_what_is_none_of_several_classes_is_refused() -> None:
    content = json.loads(to_json(Measurement(case=_case(), status=Status.OK)))
    assert read(Measurement, content).case == _case()
    with pytest.raises(ValueError, match="is not a valid Measurement"):
        read(Measurement, content | {"case": {"corpus": "c"}})


def _case() -> Any:
    from assay.records.results import TokenizerCase

    return TokenizerCase(tokenizer="t", corpus="c")
