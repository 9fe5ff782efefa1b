"""One JSON document: what it holds is read back, and nothing in it acts on a terminal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.records.json_document import write


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


def test_figures_that_are_none_are_null() -> None:
    assert json.loads(write({"a": [float("nan"), {"b": float("inf")}]})) == {"schema": 1, "a": [None, {"b": None}]}
