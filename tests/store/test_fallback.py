"""A store that is lost in the middle of a run costs nothing that was measured. The server here is really stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assay.errors import ConflictError, StoreError
from assay.records.results import Case, GroupResult, Measurement, Metrics, Run, Status, TokenizerCase
from assay.store.copy import transfer
from assay.store.fallback import FallbackStore
from assay.store.location import Location, locate
from assay.store.store import Store
from postgres import Server

RUN = Run(id="20260101-120000-abcd", started="2026-01-01T12:00:00.000+00:00", suite="s", command="c", environment={})
CASES: tuple[Case, ...] = tuple(TokenizerCase(tokenizer=name, corpus="c") for name in ("one", "two", "three", "four"))


def result(case: Case) -> GroupResult:
    row = Measurement(case=case, status=Status.OK, metrics=Metrics(tokens=7))
    return GroupResult(measurements=(row,))


@pytest.fixture
def running(own_postgresql: Server) -> Iterator[Server]:
    """A server that may be stopped: it runs again after the test."""
    yield own_postgresql
    own_postgresql.stop() if own_postgresql.running() else None
    own_postgresql.start()


@pytest.fixture
def shared(running: Server, tmp_path: Path) -> Location:
    """A store on the server, beside a results folder."""
    return locate(running.room(), tmp_path / "results")


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def fallback(shared: Location, told: list[str]) -> Iterator[FallbackStore]:
    with Store(shared) as store:
        store.begin(RUN, CASES)
        with FallbackStore(store, RUN, CASES, told.append) as made:
            yield made


def stored(where: Location | Path) -> list[str]:
    with Store(where, create=False) as store:
        return [row.case.plugin for row in store.measurements(RUN.id)]


def test_without_a_loss_all_is_in_the_store(fallback: FallbackStore, shared: Location, told: list[str]) -> None:
    for case in CASES:
        fallback.add(result(case))
    fallback.end("complete")
    assert len(fallback.outcome().measurements) == 4
    assert fallback.outcome().run.state == "complete"
    assert told == []
    assert not shared.folder.exists()


def test_a_server_that_restarts_between_two_groups_is_no_loss(
    fallback: FallbackStore, shared: Location, running: Server, told: list[str]
) -> None:
    fallback.add(result(CASES[0]))
    running.stop()
    running.start()
    fallback.add(result(CASES[1]))
    assert stored(shared) == ["one", "two"]
    assert told == []


def test_a_server_that_is_back_at_the_end_gets_all(
    fallback: FallbackStore, shared: Location, running: Server, told: list[str]
) -> None:
    fallback.add(result(CASES[0]))
    running.stop()
    fallback.add(result(CASES[1]))
    fallback.add(result(CASES[2]))
    assert stored(shared.folder) == ["one", "two", "three"]
    running.start()
    fallback.add(result(CASES[3]))
    assert stored(shared) == ["one"]
    fallback.end("complete")
    assert [row.case.plugin for row in fallback.outcome().measurements] == ["one", "two", "three", "four"]
    assert fallback.outcome().run.state == "complete"
    assert "cannot be reached" in told[0]
    assert told[0].endswith(f"; results go to {shared.folder}/assay.sqlite from here on")
    assert told[1:] == [f"{shared} can be reached again, and has the whole run {RUN.id}"]
    assert "p%25w" not in "".join(told)


def test_a_server_that_is_not_back_leaves_all_in_the_folder(
    fallback: FallbackStore, shared: Location, running: Server, told: list[str]
) -> None:
    fallback.add(result(CASES[0]))
    running.stop()
    fallback.add(result(CASES[1]))
    with pytest.raises(StoreError, match="cannot be reached"):
        fallback.end("interrupted")
    assert fallback.kept == f"2 of 4 cases are kept as run {RUN.id} in {shared.folder}/assay.sqlite"
    road = f"`assay store copy {shared.folder} '{shared}' {RUN.id}`"
    assert fallback.remedy == f"bring them over with {road}, then go on with `assay run --resume {RUN.id}`"
    assert stored(shared.folder) == ["one", "two"]
    running.start()
    with Store(shared.folder) as source, Store(shared) as target:
        transfer(source, target, RUN.id)
        assert target.run().state == "interrupted"
    assert stored(shared) == ["one", "two"]


def test_a_server_that_is_lost_at_the_very_end(fallback: FallbackStore, shared: Location, running: Server) -> None:
    for case in CASES:
        fallback.add(result(case))
    running.stop()
    with pytest.raises(StoreError, match="cannot be reached"):
        fallback.end("complete")
    assert fallback.kept.startswith("4 of 4 cases are kept")
    assert "resume" not in fallback.remedy
    assert stored(shared.folder) == ["one", "two", "three", "four"]


def test_a_result_that_was_stored_though_the_answer_was_lost(
    fallback: FallbackStore, shared: Location, running: Server
) -> None:
    """The server has committed, and dies before it says so: the result is there once."""
    with Store(shared) as store:
        store.add(RUN.id, result(CASES[0]))
    running.stop()
    fallback.add(result(CASES[0]))
    running.start()
    fallback.end("complete")
    assert stored(shared) == ["one"]


def test_a_run_that_was_resumed_and_is_lost_twice(shared: Location, running: Server, told: list[str]) -> None:
    """Each time what this process measured is kept beside what the folder has of it."""
    with Store(shared) as store:
        store.begin(RUN, CASES)
        for case in CASES[:2]:
            with FallbackStore(store, RUN, CASES, told.append) as fallback:
                running.stop()
                fallback.add(result(case))
                with pytest.raises(StoreError):
                    fallback.end("interrupted")
            running.start()
        assert stored(shared.folder) == ["one", "two"]


def test_a_run_that_is_gone_from_the_server_is_brought_there_again(
    fallback: FallbackStore, shared: Location, told: list[str]
) -> None:
    """As after a restore of a backup that is older than the run."""
    import psycopg

    fallback.add(result(CASES[0]))
    with psycopg.connect(shared.url.replace("+psycopg", "")) as connection:
        connection.execute("DELETE FROM metrics; DELETE FROM measurements; DELETE FROM cases; DELETE FROM runs")
    fallback.add(result(CASES[1]))
    assert f"has no run {RUN.id}" in told[0]
    fallback.end("complete")
    assert stored(shared) == ["one", "two"]


def test_another_process_at_the_same_run_is_no_loss(fallback: FallbackStore, shared: Location) -> None:
    fallback.add(result(CASES[0]))
    with pytest.raises(ConflictError, match="let one process at a time measure a run"):
        fallback.add(result(CASES[0]))
    assert not shared.folder.exists()


def test_the_store_of_the_folder_has_no_other_to_go_to(tmp_path: Path, told: list[str]) -> None:
    """A file that is broken by somebody else is an error, as ever."""
    with Store(tmp_path) as store:
        store.begin(RUN, CASES)
        fallback = FallbackStore(store, RUN, CASES, told.append)
    with (tmp_path / "assay.sqlite").open("r+b") as file:
        file.write(b"\0" * 4096)
    with pytest.raises(StoreError, match="cannot be read or written"):
        fallback.add(result(CASES[0]))
    assert told == []
    store.close()


def test_a_file_that_is_named_has_the_folder_behind_it(tmp_path: Path, told: list[str]) -> None:
    beside = locate(tmp_path / "share" / "team.sqlite", tmp_path / "results")
    with Store(beside) as store:
        store.begin(replace(RUN, id="other"), CASES)
        store.begin(RUN, CASES)
        fallback = FallbackStore(store, RUN, CASES, told.append)
        fallback.add(result(CASES[0]))
    with (tmp_path / "share" / "team.sqlite").open("r+b") as file:
        file.write(b"\0" * 4096)
    with fallback:
        fallback.add(result(CASES[1]))
    assert stored(tmp_path / "results") == ["one", "two"]
