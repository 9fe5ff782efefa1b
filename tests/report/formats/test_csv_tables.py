"""CSV of a run, of a comparison and of a history: the values of the records, in the order of the catalogue."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

import nasty
from assay.records.metric_catalogue import CATALOGUE, definition
from assay.records.report_data import ReportContext
from assay.records.results import Measurement, Metrics, Outcome, Status, TokenizerCase
from assay.records.verdicts import Verdict
from assay.report.formats.builtin import as_csv, as_tidy_csv
from assay.report.formats.csv import unguarded
from assay.report.formats.csv_tables import IS, in_order, of_comparison, of_history, of_run
from assay.report.text.safe_text import inert
from assay.testkit.examples import publication

SHOWN = publication("run")
RUN: Outcome = SHOWN.outcomes[-1]


def read(text: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_a_row_for_each_case_and_a_column_for_each_metric() -> None:
    found = read(as_csv(SHOWN))
    assert len(found) == len(RUN.measurements)
    for cells, row in zip(found, RUN.measurements, strict=True):
        assert (cells["run"], cells["case"], cells["plugin"]) == (RUN.run.id, row.case.id, row.case.plugin)
        assert (cells["status"], cells["remedy"]) == (row.status.value, row.remedy or "")
        assert unguarded(cells["reason"]) == (row.reason or "")
        figures = {name: value for name, value in list(cells.items())[len(IS) + 2 :] if value}
        assert figures == {name: str(value) for name, value in row.metrics.items()}


def test_pandas_gives_the_columns_of_the_catalogue_with_their_types() -> None:
    import pandas as pd

    frame = pd.read_csv(io.StringIO(as_csv(SHOWN)))
    (first, *_) = RUN.measurements
    for name, value in first.metrics.items():
        assert frame[name][0] == value, name
    assert frame["tokens"].dtype == float  # as empty cells are not a number
    assert frame["expected"].dtype == bool


def test_metrics_stand_in_the_order_of_the_catalogue_and_those_of_plugins_last() -> None:
    names = ("mine", "decode_seconds", "encode_seconds", "tokens", "parity_de", "tokens_de", "nobody", "other", "bytes")
    metrics = Metrics(dict.fromkeys(names, 1))
    row = Measurement(case=TokenizerCase(tokenizer="t", corpus="c"), status=Status.OK, metrics=metrics)
    added = [{"name": name, "unit": "bits", "meaning": "m", "exact": True} for name in ("other", "mine")]
    run = replace(RUN.run, settings=json.dumps({"metrics": added}))
    assert in_order(run, [row]) == (
        "bytes", "tokens", "tokens_de", "parity_de", "decode_seconds", "encode_seconds", "other", "mine", "nobody",
    )  # fmt: skip
    places = [known.name for known in CATALOGUE]
    shown = [definition(name) for name in of_run(RUN).columns[len(IS) + 2 :]]
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
        *(Verdict.REGRESSED, Verdict.FAILED, Verdict.NOT_COMPARABLE, Verdict.INCONCLUSIVE, Verdict.UNCHANGED)
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
    for write in (as_csv, as_tidy_csv):
        assert read(write(ReportContext(shows="run", outcomes=(nothing,)))) == []
    assert of_history(()).rows == ()


def test_the_tidy_table_is_that_of_the_frames() -> None:
    found = read(as_tidy_csv(SHOWN))
    assert list(found[0]) == ["run", "case", "plugin", "metric", "value", "unit"]
    wanted = [
        (RUN.run.id, row.case.id, row.case.plugin, name, str(value))
        for row in RUN.measurements
        for name, value in row.metrics.items()
    ]
    assert [tuple(row.values())[:-1] for row in found] == wanted
    assert {row["metric"]: row["unit"] for row in found}["encode_mb_per_s"] == "MB/s"


@pytest.mark.parametrize("shown", nasty.publications(), ids=lambda shown: f"{shown.shows}-{bool(shown.comparison)}")
def test_hostile_words_are_text_in_every_sheet(shown: ReportContext) -> None:
    if shown.shows == "runs":
        return
    text = as_csv(shown)
    assert nasty.UNFIT.search(text) is None
    for cells in csv.reader(io.StringIO(text, newline=""), strict=True):
        for cell in cells:
            number = cell.replace(".", "").removeprefix("-").isdigit()
            assert number or cell[:1] not in tuple("=+-@\t\r\n\uff1d")
    words = {unguarded(cell) for cells in csv.reader(io.StringIO(text, newline="")) for cell in cells}
    assert {inert(word) for word in nasty.WORDS.values()} <= words


def test_a_comparison_that_is_hostile_keeps_its_rows() -> None:
    sheet = of_comparison(nasty.comparison())
    assert len(sheet.rows) == 2 * len(nasty.WORDS)
    assert {len(row) for row in sheet.rows} == {len(sheet.columns)}
