"""One JSON document: what it holds is read back, and nothing in it acts on a terminal."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.records.json_document import write
from assay.records.results import Metrics
from assay.report.formats.run_json import of_outcome
from assay.testkit.examples import publication


@given(st.dictionaries(st.text(st.characters()), st.text(st.characters())))
def test_any_text_is_read_back_and_only_printable_characters_are_written(content: dict[str, str]) -> None:
    written = write({"content": content})
    assert written.replace("\n", "").isprintable()
    assert json.loads(written)["content"] == content


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\x9b31m\x7f", r"\u009b31m\u007f"),
        ("\u202eback\u2066", r"\u202eback\u2066"),
        ("\x1b[31m", r"\u001b[31m"),
        ("\U000e0041", r"\udb40\udc41"),
        ("\ud800", r"\ud800"),
        ("é 日本 🙂", "é 日本 🙂"),
    ],
)
def test_what_is_escaped(text: str, written: str) -> None:
    assert f'"{written}"' in write({"text": text})


def test_busy_stands_beside_the_status_and_the_run_warns() -> None:
    run = publication("run").outcomes[-1]
    timed = Metrics(encode_samples=10, encode_clock="cpu", busy=True)
    rows = (replace(run.measurements[0], metrics=timed), *run.measurements[1:])
    content = json.loads(of_outcome(replace(run, measurements=rows)))
    first, other = content["tokenizers"]
    assert (first["busy"], other["busy"]) == (True, None)
    assert list(first)[list(first).index("status") + 1] == "busy"
    (warning,) = content["warnings"]
    assert warning.startswith("The machine was busy: 1 of 1 rows waited for a core")


def test_figures_that_are_none_are_null() -> None:
    assert json.loads(write({"a": [float("nan"), {"b": float("inf")}]})) == {"schema": 1, "a": [None, {"b": None}]}
