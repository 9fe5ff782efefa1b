"""CSV: what is written is read back, no text in it is a formula, and its values are those of the records."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nasty
from assay.records.metric_catalogue import CATALOGUE, definition
from assay.records.report_data import ReportContext
from assay.records.results import Measurement, Metric, Outcome, Status, TokenizerCase
from assay.records.verdicts import Verdict
from assay.report.formats.builtin import as_csv, as_tidy_csv
from assay.report.formats.csv import IS, OF_CODE, in_order, of_comparison, of_history, of_run, write
from assay.report.text.escape import escape_csv, escape_tsv
from assay.testkit.examples import publication
from nasty import WORDS, unescaped

SHOWN = publication("run")
RUN: Outcome = SHOWN.outcomes[-1]

DANGEROUS = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
anything = st.text(
    st.one_of(st.characters(), st.sampled_from("=+-@'\";,|\t\r\n\x00\x1b\u202e\u200f\uff1d\ud800 ")), max_size=12
)
values = st.none() | st.integers() | st.floats() | st.booleans() | anything
tables = st.integers(1, 4).flatmap(
    lambda width: st.tuples(
        st.lists(anything, min_size=width, max_size=width),
        st.lists(st.lists(values, min_size=width, max_size=width), max_size=4),
    )
)


def lines_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def read(text: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@given(tables)
def test_whatever_is_written_is_read_back_and_is_no_formula(table: tuple[list[str], list[list[Any]]]) -> None:
    columns, rows = table
    text = write(columns, rows)
    text.encode("utf-8")
    assert text.endswith("\r\n")
    lines = lines_of(text)
    assert len(lines) == 1 + len(rows) == text.count("\r\n") == text.count("\n") == text.count("\r")
    for cells, row in zip(lines, (columns, *rows), strict=True):
        for cell, value in zip(cells, row, strict=True):
            if value is None or (isinstance(value, float) and not math.isfinite(value)):
                assert cell == ""
            elif isinstance(value, str):
                assert not DANGEROUS.match(cell)
                assert cell.replace("\xa0", " ").isprintable()
                assert cell == escape_csv(value)
            else:
                assert (cell in ("True", "False")) == isinstance(value, bool)
                assert value == (cell == "True" if isinstance(value, bool) else type(value)(cell))


@given(anything)
def test_cells_that_a_semicolon_ends_are_no_formulas_either(text: str) -> None:
    assert not any(DANGEROUS.match(part.strip()) for part in escape_csv(text).split(";"))


@pytest.mark.parametrize(
    ("text", "cell"),
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
def test_text_that_begins_a_formula_has_an_apostrophe(text: str, cell: str) -> None:
    assert escape_csv(text) == cell


@given(st.text(st.sampled_from("=+-@'\u00e9;, a\uff1d"), max_size=9))
def test_the_apostrophes_can_be_taken_off_again(text: str) -> None:
    assert unescaped(escape_csv(text)) == escape_tsv(text)


def test_quotes_commas_and_numbers() -> None:
    rows = ((1, -0.1, True, None, 'say "a", b'), (2**63, 1e-300, False, "", "c"))
    assert write(("a", "b", "c", "d", "e"), rows) == (
        'a,b,c,d,e\r\n1,-0.1,True,,"say ""a"", b"\r\n9223372036854775808,1e-300,False,,c\r\n'
    )


def test_pandas_and_duckdb_read_the_figures_and_the_words(tmp_path: Path) -> None:
    import duckdb
    import pandas as pd

    numbers = (0.1 + 0.2, -1e-300, 4.405033340503334, 1e22)
    words = [word for word in WORDS.values() if word != "1e5"]
    rows = tuple((number, place, word) for place, (number, word) in enumerate(zip(numbers * 9, words, strict=False)))
    path = tmp_path / "a.csv"
    path.write_text(write(("figure", "count", "word"), rows), encoding="utf-8", newline="")
    frame = pd.read_csv(path, keep_default_na=False)
    in_duckdb = duckdb.from_csv_auto(str(path)).fetchall()
    for found in (list(frame.itertuples(index=False, name=None)), in_duckdb):
        assert [row[:2] for row in found] == [row[:2] for row in rows]
        assert [row[2] for row in found] == [escape_csv(row[2]) for row in rows]


def test_a_row_for_each_case_and_a_column_for_each_metric() -> None:
    found = read(as_csv(SHOWN))
    assert len(found) == len(RUN.measurements)
    for cells, row in zip(found, RUN.measurements, strict=True):
        assert (cells["run"], cells["case"], cells["plugin"]) == (RUN.run.id, row.case.id, row.case.plugin)
        assert (cells["status"], cells["remedy"]) == (row.status.value, row.remedy or "")
        assert cells["reason"] == escape_csv(row.reason or "")
        assert (cells["distribution"], cells["version"]) == (("example", "1.0") if row.code else ("", ""))
        assert cells["code"] == (row.code or "")
        figures = {name: value for name, value in list(cells.items())[len(IS) + 2 + len(OF_CODE) :] if value}
        assert figures == {metric.name: str(metric.value) for metric in row.metrics}


def test_busy_stands_beside_the_status() -> None:
    rows = [replace(row, metrics=row.metrics | {"busy": True}) for row in RUN.measurements[:1]]
    header, first, other = lines_of(of_run(replace(RUN, measurements=(*rows, RUN.measurements[1]))))
    place = header.index("busy")
    assert (header[place - 1], header.count("busy")) == ("status", 1)
    assert (first[place], other[place]) == ("True", "")


def test_pandas_gives_the_columns_of_the_catalogue_with_their_types() -> None:
    import pandas as pd

    frame = pd.read_csv(io.StringIO(as_csv(SHOWN)))
    (first, *_) = RUN.measurements
    for metric in first.metrics:
        assert frame[metric.name][0] == metric.value, metric.name
    assert frame["tokens"].dtype == float  # as empty cells are not a number
    assert frame["expected"].dtype == bool


def test_metrics_stand_in_the_order_of_the_catalogue_and_those_of_plugins_last() -> None:
    names = ("mine", "decode_seconds", "encode_seconds", "tokens", "parity_de", "tokens_de", "nobody", "other", "bytes")
    metrics = tuple(Metric(name=name, value=1) for name in names)
    row = Measurement(case=TokenizerCase(tokenizer="t", corpus="c"), status=Status.OK, metrics=metrics)
    added = [{"name": name, "unit": "bits", "meaning": "m", "exact": True} for name in ("other", "mine")]
    run = replace(RUN.run, settings=json.dumps({"metrics": added}))
    assert in_order(run, [row]) == (
        "bytes", "tokens", "tokens_de", "parity_de", "decode_seconds", "encode_seconds", "other", "mine", "nobody",
    )  # fmt: skip
    places = [known.name for known in CATALOGUE]
    shown = [definition(name) for name in lines_of(of_run(RUN))[0][len(IS) + 2 + len(OF_CODE) :]]
    found = [places.index(known.name) for known in shown if known is not None]
    assert found == sorted(found)


def test_a_comparison_has_its_changes_first_and_then_its_verdicts() -> None:
    comparison = publication("comparison").comparison
    assert comparison is not None
    found = read(as_csv(publication("comparison")))
    (changed, *judged) = found
    assert (changed["metric"], changed["verdict"], changed["unit"]) == ("tokens", "changed", "tokens")
    assert (changed["baseline"], changed["candidate"]) == ("76", "77")
    by_cell = {one.cell: one for one in comparison.judgements}
    assert [row["verdict"] for row in judged] == [
        *(Verdict.REGRESSED, Verdict.FAILED, Verdict.INCONCLUSIVE, Verdict.ADDED, Verdict.UNCHANGED)
    ]
    for row in judged:
        one = by_cell[row["cell"]]
        for name in ("ratio", "low", "high", "p_value", "more_s"):
            assert row[name] == ("" if getattr(one, name) is None else str(getattr(one, name)))


def test_a_history_has_a_row_for_each_value() -> None:
    (series,) = publication("history").series
    found = read(as_csv(publication("history")))
    assert [float(row["value"]) for row in found] == [point.value for point in series.points]
    assert [row["step"] for row in found] == ["", "", "", "-0.24", ""]
    assert {(row["metric"], row["unit"], row["machine"]) for row in found} == {
        ("encode_mb_per_s", "MB/s", "processor: an example, cores: 2")
    }


def test_nothing_is_a_header() -> None:
    nothing = replace(RUN, measurements=())
    for written in (as_csv, as_tidy_csv):
        assert read(written(ReportContext(shows="run", outcomes=(nothing,)))) == []
    assert read(of_history(())) == []


def test_the_tidy_table_is_that_of_the_frames() -> None:
    found = read(as_tidy_csv(SHOWN))
    assert list(found[0]) == ["run", "case", "plugin", "metric", "value", "unit"]
    wanted = [
        (RUN.run.id, row.case.id, row.case.plugin, metric.name, str(metric.value))
        for row in RUN.measurements
        for metric in row.metrics
    ]
    assert [tuple(row.values())[:-1] for row in found] == wanted
    assert {row["metric"]: row["unit"] for row in found}["encode_mb_per_s"] == "MB/s"


@pytest.mark.parametrize("shown", nasty.publications(), ids=lambda shown: f"{shown.shows}-{bool(shown.comparison)}")
def test_hostile_words_are_text_in_every_table(shown: ReportContext) -> None:
    if shown.shows == "runs":
        return
    text = as_csv(shown)
    assert nasty.UNFIT.search(text) is None
    for cells in lines_of(text):
        for cell in cells:
            number = cell.replace(".", "").removeprefix("-").isdigit()
            assert number or cell[:1] not in tuple("=+-@\t\r\n\uff1d")
    assert set(map(escape_csv, WORDS.values())) <= {cell for cells in lines_of(text) for cell in cells}


def test_a_comparison_that_is_hostile_keeps_its_rows() -> None:
    columns, *rows = lines_of(of_comparison(nasty.comparison()))
    assert len(rows) == 2 * len(WORDS)
    assert {len(row) for row in rows} == {len(columns)}
