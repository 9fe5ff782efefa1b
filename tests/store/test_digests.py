"""Digests: what is read is what was stored, and where it is not, a sentence says so. No false alarm, ever."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.errors import StoreError
from assay.records.results import (
    Case,
    GroupResult,
    Measurement,
    Metrics,
    ProbeTiming,
    Run,
    Sample,
    Status,
    Timing,
    TokenizerCase,
)
from assay.store.copy import transfer
from assay.store.dataframes import results
from assay.store.location import FILE
from assay.store.store import Store

RUN = Run(id="20260101-120000-abcd", started="2026-01-01T12:00:00.000+00:00", suite="s", command="c", environment={})
CASES: tuple[Case, ...] = tuple(TokenizerCase(tokenizer=name, corpus="c é") for name in ("one", "two", "three"))
SAMPLES = tuple(Sample(iterations=number, wall_ns=5_000_000_000 + number, cpu_ns=number) for number in range(1, 8))
VALUES = Metrics(tokens=7, rate=0.1, whole=True, text="字\n\0", half="\ud800", infinite=float("inf"), none=float("nan"))


LOSE_TWO = "".join(
    f"DELETE FROM {table} WHERE \"case\" LIKE '%two';" for table in ("metrics", "samples", "measurements")
)


def result(case: Case) -> GroupResult:
    timings = (Timing(name="encode", samples=SAMPLES), Timing(name="decode", samples=SAMPLES[:2]))
    row = Measurement(case=case, status=Status.OK, reason="so", metrics=VALUES, timings=timings)
    probe = ProbeTiming(group=case.id, name="copy", work=8, samples=SAMPLES)
    return GroupResult(measurements=(row,), probes=(probe,))


def fill(where: str | Path, *, cases: tuple[Case, ...] = CASES, end: bool = True) -> None:
    with Store(where) as store:
        store.begin(RUN, CASES)
        for case in cases:
            store.add(RUN.id, result(case))
        if end:
            store.finish(RUN.id, "complete")


def sql(folder: Path, script: str) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        connection.executescript(script)


def read(where: str | Path) -> int:
    with Store(where, read_only=True) as store:
        return len(store.outcome(RUN.id).measurements)


@pytest.mark.parametrize("end", [True, False])
@pytest.mark.parametrize("count", range(4))
def test_whatever_is_stored_is_read_without_an_alarm(where: str | Path, count: int, end: bool) -> None:
    """Also of a run that was killed: each group has its digest in its own transaction."""
    fill(where, cases=CASES[:count], end=end)
    assert read(where) == count


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE metrics SET number = number + 1 WHERE name = 'tokens'", "stored values of its figures have changed"),
        ("UPDATE metrics SET text = 'other' WHERE text IS NOT NULL", "stored values of its figures have changed"),
        ("UPDATE metrics SET name = 'tokenz' WHERE name = 'tokens'", "stored values of its figures have changed"),
        ("DELETE FROM metrics WHERE name = 'rate'", "stored values of its figures have changed"),
        ("UPDATE measurements SET status = 'failed'", "stored values of its figures have changed"),
        ("UPDATE measurements SET reason = NULL", "stored values of its figures have changed"),
        ("UPDATE samples SET cpu_ns = cpu_ns + 1 WHERE number = 1", "stored values of its samples have changed"),
        ("DELETE FROM samples WHERE operation = 'decode'", "stored values of its samples have changed"),
        ("UPDATE anchors SET wall_ns = 1 WHERE number = 1", "stored values of its probes have changed"),
        ("UPDATE cases SET parameters = replace(parameters, 'one', 'two')", "stored values of its plan have changed"),
        ("UPDATE runs SET command = 'assay show'", "stored values of its plan have changed"),
        ("DELETE FROM cases WHERE position = 2", "stored values of its plan have changed"),
        (LOSE_TWO, "1 of its 3 rows are missing"),
        ("UPDATE runs SET settings = '{'", "its settings cannot be read"),
        ("UPDATE runs SET environment = '{'", "stored values of its plan have changed"),
        ("UPDATE meta SET value = '{}' WHERE key LIKE 'digest%'", "have changed"),
        ("UPDATE meta SET value = 'x' WHERE key LIKE 'digest%'", "have changed"),
    ],
)
def test_what_was_changed_is_told(tmp_path: Path, damage: str, words: str) -> None:
    fill(tmp_path)
    sql(tmp_path, f"PRAGMA foreign_keys=OFF; {damage}")
    with pytest.raises(StoreError, match=f"run {RUN.id} in .*{FILE} is damaged: ") as caught:
        read(tmp_path)
    assert words in caught.value.message
    assert "restore the store from a backup" in str(caught.value.remedy)


def test_other_runs_of_a_damaged_store_are_read(tmp_path: Path) -> None:
    fill(tmp_path)
    with Store(tmp_path) as store:
        store.begin(replace(RUN, id="other"), CASES)
        store.add("other", result(CASES[0]))
    sql(tmp_path, "UPDATE metrics SET number = 8 WHERE name = 'tokens' AND run = 'other'")
    assert read(tmp_path) == 3


def test_what_reads_all_runs_leaves_out_the_damaged_one(cli: Callable[..., Any], tmp_path: Path) -> None:
    fill(tmp_path / "results")
    with Store(tmp_path / "results") as store:
        store.begin(replace(RUN, id="other"), CASES)
        store.add("other", result(CASES[0]))
        store.finish("other", "complete")
    assert cli("report", "--site", "site").rc == 0
    sql(tmp_path / "results", "UPDATE metrics SET number = 8 WHERE name = 'tokens' AND run = 'other'")
    ran = cli("history", "tokens")
    assert (ran.rc, ran.stderr.count("warning: left out: run other in")) == (0, 1)
    ran = cli("report", "--site", "site")
    assert (ran.rc, ran.stderr.count("run other in")) == (3, 1)
    assert "other.html" not in (tmp_path / "site" / "index.html").read_text("utf-8")
    with pytest.warns(UserWarning, match="left out: run other in"):
        frames = results("all", store=tmp_path / "results")
    assert set(frames.tidy["run"]) == set(frames.runs["id"]) == {RUN.id}


def test_a_run_of_an_older_assay_is_read_without_a_word(tmp_path: Path) -> None:
    fill(tmp_path)
    sql(tmp_path, "DELETE FROM meta WHERE key LIKE 'digest%'; UPDATE metrics SET number = 8 WHERE name = 'tokens'")
    assert read(tmp_path) == 3


def test_a_run_that_an_older_assay_went_on_with_is_no_alarm(tmp_path: Path) -> None:
    """It knows nothing of digests, and adds rows."""
    fill(tmp_path, cases=CASES[:2])
    with Store(tmp_path) as store:
        with store.transaction(write=True) as connection:
            (digest,) = connection.exec_driver_sql("SELECT value FROM meta WHERE key LIKE 'digest%'").scalars()
        store.add(RUN.id, result(CASES[2]))
        with store.transaction(write=True) as connection:
            connection.exec_driver_sql("UPDATE meta SET value = ? WHERE key LIKE 'digest%'", (digest,))
    assert read(tmp_path) == 3


def test_a_resumed_run_has_the_digest_of_all(where: str | Path) -> None:
    fill(where, cases=CASES[:1], end=False)
    with Store(where) as store:
        store.reopen(RUN.id)
        store.add(RUN.id, result(CASES[1]))
        store.finish(RUN.id, "complete", '{"more": 1}')
    assert read(where) == 2


def test_a_damaged_run_is_not_copied(tmp_path: Path, where: str | Path) -> None:
    fill(tmp_path / "a")
    with Store(tmp_path / "a") as source, Store(where) as target:
        transfer(source, target, RUN.id)
        assert read(where) == 3
        sql(tmp_path / "a", "UPDATE anchors SET cpu_ns = 3")
        with pytest.raises(StoreError, match="stored values of its probes have changed"):
            transfer(source, target, RUN.id)


def test_a_copy_of_both_parts_of_a_run_has_the_digest_of_all(tmp_path: Path) -> None:
    fill(tmp_path / "a", cases=CASES[:1])
    fill(tmp_path / "b", cases=CASES[1:])
    with Store(tmp_path / "a") as source, Store(tmp_path / "b") as target:
        transfer(source, target, RUN.id)
    assert read(tmp_path / "b") == 3


@pytest.mark.parametrize("command", [["show"], ["show", "--json"], ["compare", RUN.id, "other"], ["report"]])
def test_commands_say_it_in_one_sentence(cli: Callable[..., Any], tmp_path: Path, command: list[str]) -> None:
    fill(tmp_path / "results")
    with Store(tmp_path / "results") as store:
        store.begin(replace(RUN, id="other", started="2025"), CASES)
        store.add("other", result(CASES[0]))
    sql(tmp_path / "results", "UPDATE metrics SET number = 8 WHERE name = 'tokens'")
    assert "is damaged: stored values of its figures have changed" in cli(*command).complaint


@pytest.mark.long
def test_a_flipped_bit_is_an_error_or_changes_nothing(tmp_path: Path) -> None:
    """200 bits anywhere in the file: what is read is whole, or a sentence refuses it."""
    fill(tmp_path)
    content, chance = (tmp_path / FILE).read_bytes(), random.Random(3)
    with Store(tmp_path, read_only=True) as store:
        whole = store.outcome().measurements
    refused = 0
    for _ in range(200):
        bit = chance.randrange(len(content) * 8)
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        (tmp_path / FILE).write_bytes(damaged)
        try:
            with Store(tmp_path, read_only=True) as store:
                found = store.outcome().measurements
        except StoreError:
            refused += 1
        else:
            assert repr(found) == repr(whole), bit
    print(f"{refused} of 200 flipped bits were refused, the others changed nothing that is read")
    assert refused
