"""CSV: what is written is read back, and no text in it is a formula."""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.report.formats.csv import Sheet, as_csv, guarded, unguarded
from assay.report.text.safe_text import inert
from nasty import WORDS

DANGEROUS = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
anything = st.text(
    st.one_of(st.characters(), st.sampled_from("=+-@'\";,|\t\r\n\x00\x1b\u202e\u200f\uff1d\ud800 ")), max_size=12
)
values = st.none() | st.integers() | st.floats() | st.booleans() | anything
tables = st.integers(1, 4).flatmap(
    lambda width: st.builds(
        Sheet,
        columns=st.lists(anything, min_size=width, max_size=width).map(tuple),
        rows=st.lists(st.lists(values, min_size=width, max_size=width).map(tuple), max_size=4).map(tuple),
    )
)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@given(tables)
def test_whatever_is_written_is_read_back_and_is_no_formula(table: Sheet) -> None:
    text = as_csv(table)
    text.encode("utf-8")
    assert text.endswith("\r\n")
    lines = read(text)
    assert len(lines) == 1 + len(table.rows) == text.count("\r\n") == text.count("\n") == text.count("\r")
    for cells, row in zip(lines, (table.columns, *table.rows), strict=True):
        for cell, value in zip(cells, row, strict=True):
            if value is None or (isinstance(value, float) and not math.isfinite(value)):
                assert cell == ""
            elif isinstance(value, str):
                assert not DANGEROUS.match(cell)
                assert cell.replace("\xa0", " ").isprintable()
                assert unguarded(cell) == inert(value)
            else:
                assert (cell in ("True", "False")) == isinstance(value, bool)
                assert value == (cell == "True" if isinstance(value, bool) else type(value)(cell))


@given(anything)
def test_cells_that_a_semicolon_ends_are_no_formulas_either(text: str) -> None:
    assert not any(DANGEROUS.match(part.strip()) for part in guarded(text).split(";"))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("gpt2", "gpt2"),
        ("", ""),
        ("a-b = c, d", "a-b = c, d"),
        ("it's", "it's"),
        ("=1", "'=1"),
        ("  @x", "'@x"),
        ("-3", "'-3"),
        ("'", "''"),
        ("no; -1 is no id", "no; '-1 is no id"),
        ("a\r\n\tb\x00\u202e", "a b<00><E2 80 AE>"),
    ],
)
def test_text_that_begins_a_formula_has_an_apostrophe(text: str, written: str) -> None:
    assert guarded(text) == written


def test_quotes_commas_and_numbers() -> None:
    rows = ((1, -0.1, True, None, 'say "a", b'), (2**63, 1e-300, False, "", "c"))
    sheet = Sheet(columns=("a", "b", "c", "d", "e"), rows=rows)
    assert as_csv(sheet) == ('a,b,c,d,e\r\n1,-0.1,True,,"say ""a"", b"\r\n9223372036854775808,1e-300,False,,c\r\n')


def test_pandas_and_duckdb_read_the_figures_and_the_words(tmp_path: Path) -> None:
    import duckdb
    import pandas as pd

    numbers = (0.1 + 0.2, -1e-300, 4.405033340503334, 1e22)
    words = [word for word in WORDS.values() if inert(word) != "1e5"]
    rows = tuple((number, place, word) for place, (number, word) in enumerate(zip(numbers * 9, words, strict=False)))
    path = tmp_path / "a.csv"
    path.write_text(as_csv(Sheet(columns=("figure", "count", "word"), rows=rows)), encoding="utf-8", newline="")
    frame = pd.read_csv(path, keep_default_na=False)
    in_duckdb = duckdb.from_csv_auto(str(path)).fetchall()
    for found in (list(frame.itertuples(index=False, name=None)), in_duckdb):
        assert [row[:2] for row in found] == [row[:2] for row in rows]
        assert [unguarded(row[2]) for row in found] == [inert(row[2]) for row in rows]
