"""The code in results/README.md reads a store as it says: sqlite3, the SQL, pandas, DuckDB."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.records.results import GroupResult, Measurement, Metrics, Run, Sample, Status, Timing, TokenizerCase
from assay.store.schema import FORMAT, SCHEMA
from assay.store.store import Store

PAGE = (Path(__file__).parents[2] / "results/README.md").read_text("utf-8")
RUN = Run(id="20260101-120000-abcd", started="2026-01-01T12:00:00.000+00:00", suite="s/1", command="c", environment={})
RATES = {"one": 30.5, "two": 10.25}


def block(language: str, word: str) -> str:
    """The one piece of code of a language that has this word in it."""
    (found,) = (code for code in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if word in code)
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with results of two runs: what the page says is done in it."""
    monkeypatch.chdir(tmp_path)
    with Store("results") as store:
        for run in (replace(RUN, id="20251231-120000-abcd"), RUN):
            cases = [TokenizerCase(tokenizer=name, corpus="c") for name in RATES]
            store.begin(run, [*cases, TokenizerCase(tokenizer="three", corpus="c")])
            for case in cases:
                figures = Metrics(tokens=5145, encode_mb_per_s=RATES[case.tokenizer], ids_as="list")
                timings = (Timing(name="encode", samples=(Sample(iterations=1, wall_ns=3, cpu_ns=2),) * 2),)
                row = Measurement(case=case, status=Status.OK, metrics=figures, timings=timings)
                store.add(run.id, GroupResult(measurements=(row,)))
            failed = Measurement(case=store.planned(run.id)[2], status=Status.FAILED, reason="it broke")
            store.add(run.id, GroupResult(measurements=(failed,)))
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_the_query_of_the_page() -> None:
    with closing(sqlite3.connect("results/assay.sqlite")) as connection:
        rows = connection.execute(block("sql", "encode_mb_per_s")).fetchall()
    assert rows == [("one", "c", "all", 30.5, "MB/s"), ("two", "c", "all", 10.25, "MB/s")]


@pytest.mark.usefixtures("folder")
def test_sqlite3_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    exec(block("python", "sqlite3.connect"), names)
    assert capsys.readouterr().out == "one all 5145\ntwo all 5145\n" * 2
    with closing(names["store"]) as store, pytest.raises(sqlite3.OperationalError, match="readonly"):
        store.execute("DELETE FROM runs")


def test_a_copy_of_the_file_is_plain_sqlite_that_may_be_immutable(folder: Path) -> None:
    """As Datasette opens it with --immutable: no lock, no log beside it."""
    (folder / "copy.db").write_bytes((folder / "results/assay.sqlite").read_bytes())
    with closing(sqlite3.connect("file:copy.db?immutable=1", uri=True)) as connection:
        assert connection.execute("SELECT count(*) FROM results").fetchone() == (14,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert {path.name for path in folder.iterdir()} == {"results", "copy.db"}


@pytest.mark.usefixtures("folder")
def test_pandas_and_duckdb_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    exec(block("python", "assay.results"), names)
    frames = names["frames"]
    assert list(frames.tokenizers["encode_mb_per_s"].dropna()) == [30.5, 10.25, 30.5, 10.25]
    assert list(frames.samples["wall_ns"]) == [3] * 8
    exec(block("python", "FROM tokenizers"), names)
    assert re.findall(r"(one|two)\W+([\d.]+)", capsys.readouterr().out) == [
        ("one", "30.5"),
        ("two", "10.25"),
    ]


@pytest.mark.usefixtures("folder")
def test_duckdb_attaches_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    duckdb = pytest.importorskip("duckdb")
    try:
        duckdb.sql("SET autoinstall_known_extensions = false")
        duckdb.sql("LOAD sqlite")
    except duckdb.Error as error:
        pytest.skip(f"DuckDB's extension for SQLite is not on this machine: {str(error).splitlines()[0]}")
    exec(block("python", "ATTACH"), {})
    assert sorted(re.findall(r"(one|two)\W+([\d.]+)", capsys.readouterr().out)) == [("one", "30.5"), ("two", "10.25")]


@pytest.mark.usefixtures("folder")
def test_a_case_without_figures_has_a_row_of_the_view() -> None:
    with closing(sqlite3.connect("results/assay.sqlite")) as connection:
        query = "SELECT status, reason, metric, value FROM results WHERE plugin = 'three'"
        assert connection.execute(query).fetchall() == [("failed", "it broke", None, None)] * 2


def test_the_page_has_every_column_and_table(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "results/assay.sqlite")) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(results)")]
    view, _, tables = PAGE.partition("## The tables")
    listed = re.findall(r"^\| (`.*?`) \|", view, re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(listed))) == sorted(columns)
    assert re.findall(r"^\| `(\w+)` \|", tables, re.MULTILINE) == list(SCHEMA.tables)
    assert f"format {FORMAT})" in PAGE


@pytest.mark.long
def test_the_view_says_the_same_on_a_server(folder: Path, cli: Callable[..., Any], postgresql: Any) -> None:
    """The page's query, carried out by PostgreSQL."""
    psycopg = pytest.importorskip("psycopg")
    url = postgresql.room()
    assert cli("store", "copy", "results", url, cwd=folder).rc == 0
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        rows = connection.execute(block("sql", "encode_mb_per_s")).fetchall()
    assert rows == [("one", "c", "all", 30.5, "MB/s"), ("two", "c", "all", 10.25, "MB/s")]


def test_the_page_of_the_store_has_its_commands() -> None:
    from assay.cli.store import store

    page = (Path(__file__).parents[2] / "docs/store.md").read_text("utf-8")
    assert all(f"assay store {name}" in page for name in store.commands)
