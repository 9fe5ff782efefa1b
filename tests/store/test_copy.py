"""Runs from one store to another and back: nothing is lost, nothing is there twice, nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assay.errors import StoreError, UnknownName
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
from assay.store import copy as module
from assay.store.copy import Moved, transfer
from assay.store.statistics import inventory
from assay.store.store import Store
from postgres import Server

RUN = Run(
    id="20260101-120000-abcd",
    started="2026-01-01T12:00:00.000+00:00",
    suite="s/1",
    command="assay run",
    environment={"processor": "fast “one”"},
)
CASES: tuple[Case, ...] = tuple(TokenizerCase(tokenizer=name, corpus="c é") for name in ("one", "two", "three"))
SAMPLES = tuple(Sample(iterations=number, wall_ns=5_000_000_000 + number, cpu_ns=number) for number in range(1, 8))


def result(case: Case, *, tokens: int = 7) -> GroupResult:
    """What a group of one case came to: figures of all types, samples and a machine probe."""
    values = (tokens, 0.1, True, "字\n", float("inf"))
    metrics = Metrics({f"m{number}": value for number, value in enumerate(values)})
    timings = (Timing(name="encode", samples=SAMPLES), Timing(name="decode", samples=SAMPLES[:2]))
    row = Measurement(case=case, status=Status.OK, reason="so", metrics=metrics, timings=timings)
    return GroupResult(
        measurements=(row,), probes=(ProbeTiming(group=case.id, name="copy", work=8 << 40, samples=SAMPLES),)
    )


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Store]:
    """A store with one run, of which two of three cases are measured."""
    with Store(tmp_path / "source") as store:
        store.begin(RUN, CASES)
        for case in CASES[:2]:
            store.add(RUN.id, result(case))
        store.finish(RUN.id, "interrupted")
        yield store


@pytest.fixture
def target(where: str | Path) -> Iterator[Store]:
    with Store(where) as store:
        yield store


def whole(store: Store) -> tuple[object, ...]:
    """All that a store says of the run."""
    run = RUN.id
    return store.run(run), store.planned(run), store.measurements(run), store.probes(run), store.manifest(run)


@pytest.mark.long
def test_a_copy_says_all_that_was_said(
    source: Store, target: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 3)
    assert transfer(source, target, RUN.id) == Moved(run=RUN.id, added=2, present=0)
    assert whole(target) == whole(source)
    with Store(tmp_path / "back") as back:
        transfer(target, back, RUN.id[:9])
        assert whole(back) == whole(source)
        assert replace(inventory(back), store="", bytes=0) == replace(inventory(source), store="", bytes=0)


def test_a_copy_that_is_repeated_adds_what_has_come(source: Store, target: Store) -> None:
    transfer(source, target, RUN.id)
    assert transfer(source, target, RUN.id) == Moved(run=RUN.id, added=0, present=2)
    source.reopen(RUN.id)
    source.add(RUN.id, result(CASES[2]))
    source.finish(RUN.id, "complete")
    assert transfer(source, target, RUN.id) == Moved(run=RUN.id, added=1, present=2)
    assert whole(target) == whole(source)


def test_what_is_there_stays_as_it_is(source: Store, target: Store, tmp_path: Path) -> None:
    """Both went on with the run, each with another case, and both measured the first anew: none is written over."""
    target.begin(RUN, CASES)
    target.add(RUN.id, result(CASES[0], tokens=8))
    target.add(RUN.id, result(CASES[2]))
    assert transfer(source, target, RUN.id) == Moved(run=RUN.id, added=1, present=2)
    assert [row.value("m0") for row in target.measurements(RUN.id)] == [8, 7, 7]
    assert len(target.probes(RUN.id)) == 3
    assert target.run().state == "interrupted"


def test_a_run_that_ended_later_in_the_target_keeps_its_end(source: Store, target: Store) -> None:
    transfer(source, target, RUN.id)
    target.finish(RUN.id, "complete")
    before = target.run()
    transfer(source, target, RUN.id)
    assert target.run() == before


def test_another_run_of_the_same_id_is_refused(source: Store, target: Store) -> None:
    target.begin(replace(RUN, command="assay run --suite other"), CASES)
    with pytest.raises(StoreError, match=r"has another run 20260101-120000-abcd than"):
        transfer(source, target, RUN.id)
    assert target.measurements(RUN.id) == ()


def test_a_run_that_is_not_there(source: Store, target: Store) -> None:
    with pytest.raises(UnknownName, match="'2027' fits no run"):
        transfer(source, target, "2027")


def test_a_copy_that_fails_half_way_has_copied_nothing(
    source: Store, own_postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server stops between two tables; the run comes over when it is there again."""
    with Store(own_postgresql.room()) as target:
        real, seen = module._copy, []

        def copy(there, here, table, run, **options):
            seen.append(table.name)
            if table.name == "metrics":
                own_postgresql.stop()
            real(there, here, table, run, **options)

        monkeypatch.setattr(module, "_copy", copy)
        with pytest.raises(StoreError, match="cannot be reached"):
            transfer(source, target, RUN.id)
        monkeypatch.undo()
        own_postgresql.start()
        assert seen == ["cases", "measurements", "metrics"]
        assert target.runs() == ()
        transfer(source, target, RUN.id)
        assert whole(target) == whole(source)
