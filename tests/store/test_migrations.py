"""A store of an older format is upgraded with all that it has; of what is no store, nothing is touched."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assay.errors import StoreError
from assay.records.results import Status
from assay.store.copy import transfer
from assay.store.location import FILE
from assay.store.schema import FORMAT
from assay.store.store import Store
from postgres import Server

# Two runs as they were stored by the last code that wrote format 1.
FORMAT_1 = (Path(__file__).parents[1] / "data" / "format-1.sql").read_text("utf-8")
TOKENIZERS, ATTENTIONS = "20261127-055640-4278", "20261127-055644-0466"
# What format 3 has that format 1 has not.
BACK = """
DROP VIEW results;
DROP TABLE plugins;
ALTER TABLE measurements DROP COLUMN code;
ALTER TABLE runs DROP COLUMN process;
ALTER TABLE cases DROP COLUMN corpus, DROP COLUMN split, DROP COLUMN workload;
ALTER TABLE metrics DROP COLUMN unit;
UPDATE meta SET value = '1' WHERE key = 'format'
"""
EVERYTHING = 'SELECT * FROM results ORDER BY run, "case", metric'


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with a store of format 1."""
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.executescript(FORMAT_1)
    return tmp_path


def asked(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return connection.execute(query).fetchall()


def test_a_file_of_format_1_keeps_all_that_it_had(old: Path) -> None:
    tables = ("runs", "measurements", "samples", "anchors")
    before = [asked(old, f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4, 5") for table in tables]
    figures = asked(old, 'SELECT run, "case", name, position, type, number, text FROM metrics ORDER BY 1, 2, 3')
    Store(old, create=False).close()
    after = [asked(old, f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4, 5") for table in tables]
    after[:2] = [[row[:-1] for row in rows] for rows in after[:2]]  # without process and code, unknown to format 1
    assert after == before
    assert asked(old, "SELECT DISTINCT code FROM measurements") == [(None,)]
    assert figures == asked(old, 'SELECT run, "case", name, position, type, number, text FROM metrics ORDER BY 1, 2, 3')
    assert asked(old, "SELECT value FROM meta") == [(str(FORMAT),)]
    assert asked(old, "PRAGMA integrity_check") == [("ok",)]
    assert asked(old, "PRAGMA foreign_key_check") == []


def test_what_format_1_says_can_be_read(old: Path) -> None:
    with Store(old, create=False) as store:
        assert [run.id for run in store.runs()] == [TOKENIZERS, ATTENTIONS]
        outcome = store.outcome(TOKENIZERS)
        assert [(row.case.plugin, row.status, row.value("tokens")) for row in outcome.measurements] == [
            ("regex", Status.OK, 4649),
            ("gpt2", Status.OK, 5145),
            ("regex", Status.FAILED, None),
            ("gpt2", Status.OK, 685),
        ]
        assert outcome.measurements[0].timings[0].samples
        assert outcome.noise is not None


def test_the_view_of_an_upgraded_file_has_subjects_and_units(old: Path) -> None:
    Store(old, create=False).close()
    subjects = asked(old, "SELECT DISTINCT kind, plugin, corpus, split, workload FROM results ORDER BY 1, 2, 3, 4")
    workload = "module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2"
    assert subjects == [
        ("attention", "causal", "the-verdict", None, workload),
        ("attention", "sdpa", "the-verdict", None, workload),
        ("tokenizer", "gpt2", "the-verdict", "all", None),
        ("tokenizer", "gpt2", "the-verdict", "held-out-10", None),
        ("tokenizer", "regex", "the-verdict", "all", None),
        ("tokenizer", "regex", "the-verdict", "held-out-10", None),
    ]
    units = dict(asked(old, "SELECT DISTINCT metric, unit FROM results WHERE metric IS NOT NULL"))
    assert (units["tokens"], units["encode_mb_per_s"], units["ids_as"]) == ("tokens", "MB/s", "text")
    assert units["seven"] == "wonders"  # of a plugin, as the run's settings say
    assert None not in units.values()


def test_an_upgraded_file_is_as_one_that_was_written_so(old: Path) -> None:
    """Read from format 1 and stored anew, the same runs give the same view."""
    with Store(old, create=False) as upgraded, Store(old / "new") as written:
        for run in upgraded.runs():
            transfer(upgraded, written, run.id)
        assert asked(old, EVERYTHING) == asked(old / "new", EVERYTHING)


def test_several_that_upgrade_it_at_once(old: Path) -> None:
    together, errors = threading.Barrier(6), []

    def upgrade() -> None:
        together.wait()
        try:
            Store(old, create=False).close()
        except StoreError as error:
            errors.append(str(error))

    threads = [threading.Thread(target=upgrade) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert asked(old, "SELECT value FROM meta") == [(str(FORMAT),)]


def test_a_step_that_fails_leaves_the_file_as_it_was(old: Path) -> None:
    """Here the name of the view is taken by a table: whoever made it may want it."""
    with closing(sqlite3.connect(old / FILE)) as connection:
        connection.execute("CREATE TABLE results (mine TEXT)")
    before = asked(old, "SELECT sql FROM sqlite_master ORDER BY name")
    with pytest.raises(StoreError, match="results"):
        Store(old, create=False)
    assert asked(old, "SELECT sql FROM sqlite_master ORDER BY name") == before
    assert asked(old, "SELECT value FROM meta") == [("1",)]


def test_a_server_is_upgraded_when_that_is_asked_for(old: Path, postgresql: Server) -> None:
    url = postgresql.room()
    with Store(old, create=False) as source, Store(url) as target:
        for run in source.runs():
            transfer(source, target, run.id)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(BACK)
    for create in (True, False):
        with pytest.raises(StoreError, match=r"has format 1, and this Assay writes format 3 \(`assay store upgrade`"):
            Store(url, create=create)
    Store(url, create=False, upgrade=True).close()
    Store(url, create=False).close()
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        assert connection.execute(EVERYTHING).fetchall() == asked(old, EVERYTHING)


class TestNoStoreOnAServer:
    def test_an_empty_database_has_no_results_to_read(self, postgresql: Server) -> None:
        with pytest.raises(StoreError, match=r"there are no results in postgresql\+psycopg://\*\*\*@127"):
            Store(postgresql.room(), create=False)

    def test_a_database_of_something_else_is_left_alone(self, postgresql: Server) -> None:
        url = postgresql.room()
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("CREATE TABLE runs (id int)")
        with pytest.raises(StoreError, match=r"is not an Assay store \(name an empty database\)"):
            Store(url)
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            tables = connection.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            )
            assert tables.fetchall() == [("runs",)]

    def test_tables_of_other_schemas_are_none_of_ours(self, postgresql: Server) -> None:
        others, mine = postgresql.room(), postgresql.room()
        with psycopg.connect(others.replace("+psycopg", "")) as connection:
            connection.execute("CREATE TABLE others (id int)")
        Store(mine).close()
        assert Store(mine, create=False).runs() == ()

    def test_a_newer_format_is_refused(self, postgresql: Server) -> None:
        url = postgresql.room()
        Store(url).close()
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
        with pytest.raises(StoreError, match="has format 99, and this Assay knows format"):
            Store(url, upgrade=True)

    def test_a_database_that_cannot_write_every_letter_is_refused(self, postgresql: Server) -> None:
        url = postgresql.url(encoding="LATIN1")
        with pytest.raises(StoreError, match="writes LATIN1, and a store takes UTF8"):
            Store(url)
        with pytest.raises(StoreError, match="there are no results"):
            Store(url, create=False)
