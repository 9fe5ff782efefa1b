"""Parquet: pandas and DuckDB read back the values, with their types and units."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

import nasty
from assay.records.flat_rows import facts_of
from assay.records.results import Measurement, Metrics, Outcome, Status, TokenizerCase
from assay.report.formats.parquet import of_run
from assay.testkit.examples import publication

pq = pytest.importorskip("pyarrow.parquet")
RUN: Outcome = publication("run").outcomes[-1]
KINDS = {"int": int, "float": float, "bool": bool, "str": str}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "run.parquet"
    path.write_bytes(of_run(RUN))
    return path


def value_of(row: Any) -> Any:
    kind = KINDS[row["type"]]
    return kind(row["text"] if kind is str else row["value"])


def test_pandas_reads_back_every_figure_as_it_was(written: Path) -> None:
    frame = pd.read_parquet(written)
    facts = [fact for row in RUN.measurements for fact in facts_of(RUN.run, row)]
    assert list(frame.columns) == ["run", "case", "plugin", "metric", "value", "text", "unit", "type"]
    for row, fact in zip(frame.to_dict("records"), facts, strict=True):
        assert (row["run"], row["case"], row["plugin"]) == (fact.run, fact.case, fact.plugin)
        assert (row["metric"], row["unit"]) == (fact.metric, fact.unit)
        assert value_of(row) == fact.value
        assert type(value_of(row)) is type(fact.value)


def test_duckdb_reads_it_where_it_lies(written: Path) -> None:
    found = duckdb.execute(
        "SELECT value, unit FROM read_parquet(?) WHERE plugin = 'letters' AND metric = 'tokens'", [str(written)]
    ).fetchall()
    assert found == [(RUN.measurements[0].value("tokens"), "tokens")]
    types = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(written)]).fetchall()
    assert {name: kind for name, kind, *_ in types}["value"] == "DOUBLE"


def test_the_metadata_say_what_figures_mean(written: Path) -> None:
    about = json.loads(pq.read_schema(written).metadata[b"assay"])
    assert about["schema"] == 1
    assert about["run"]["id"] == RUN.run.id
    assert about["run"]["manifest"]["planned"] == RUN.manifest.planned
    assert about["metrics"]["encode_mb_per_s"] == {
        "unit": "MB/s", "meaning": "bytes / 10^6 / median encode time", "exact": False,
    }  # fmt: skip
    assert set(about["metrics"]) == {name for row in RUN.measurements for name in row.metrics}


def test_words_come_back_whole_but_for_halves_of_characters(tmp_path: Path) -> None:
    path = tmp_path / "nasty.parquet"
    path.write_bytes(of_run(nasty.outcome()))
    frame = pd.read_parquet(path)
    texts = frame["text"][frame["metric"] == "round_trip_difference"]
    whole = [word.encode("utf-8", "backslashreplace").decode() for word in nasty.WORDS.values()]
    assert list(texts) == whole
    assert set(whole) <= set(frame["metric"])


def test_what_is_no_finite_number_and_what_is_nothing(tmp_path: Path) -> None:
    odd = Metrics({name: float(name) for name in ("nan", "inf", "-inf")})
    row = Measurement(case=TokenizerCase(tokenizer="t", corpus="c"), status=Status.OK, metrics=odd)
    for rows, wanted in (((row,), ["nan", "inf", "-inf"]), ((), [])):
        path = tmp_path / f"{len(rows)}.parquet"
        path.write_bytes(of_run(replace(RUN, measurements=rows)))
        table = pq.read_table(path)
        assert [str(float(value)) for value in table["value"].to_pylist()] == wanted
        assert not any(map(math.isfinite, table["value"].to_pylist()))
        assert table["unit"].to_pylist() == [None] * len(wanted)
