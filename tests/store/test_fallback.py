"""A store that is lost in the middle of a run costs nothing that was measured. The server here is really stopped."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from assay.errors import ConflictError, StoreError
from assay.records.results import Case, GroupResult, Measurement, Metrics, Run, Status, TokenizerCase
from assay.store import fallback as module
from assay.store.copy import transfer
from assay.store.fallback import FallbackStore
from assay.store.location import Location, locate
from assay.store.sqlite_file import remove
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
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was warned of; a server is not asked again for long."""
    monkeypatch.setattr(module, "ASKED_AGAIN_S", 0.2)
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
    assert told[0].endswith("; it is asked again for 0.2 s")
    assert told[1].endswith(f"; results go to {shared.folder}/assay.sqlite from here on")
    assert told[2:] == [f"{shared} can be reached again, and has the whole run {RUN.id}"]
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
    road = f"`assay store copy {shared.folder}/assay.sqlite '{shared}' {RUN.id}`"
    resume = f"`assay run --resume {RUN.id} --store '{shared}'`"
    assert fallback.remedy == f"bring them over with {road}, then go on with {resume}"
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


@pytest.fixture
def own(tmp_path: Path) -> Location:
    """A store in its results folder, which has no other behind it."""
    return locate(None, tmp_path / "results")


@pytest.fixture
def begun(own: Location, told: list[str]) -> Iterator[FallbackStore]:
    """A run in such a store, with one result."""
    with Store(own) as store:
        store.begin(RUN, CASES)
        with FallbackStore(store, RUN, CASES, told.append) as fallback:
            fallback.add(result(CASES[0]))
            yield fallback


def delete_file(own: Location) -> None:
    own.file.unlink()


def delete_folder(own: Location) -> None:
    shutil.rmtree(own.folder)


def delete_file_and_log(own: Location) -> None:
    remove(own.file)


def move_folder(own: Location) -> None:
    own.folder.rename(own.folder.parent / "elsewhere")


def replace_file(own: Location) -> None:
    with Store(own.folder / "other.sqlite") as other:
        other.begin(replace(RUN, id="other"), CASES)
    (own.folder / "other.sqlite").replace(own.file)


def sql(own: Location, script: str) -> None:
    with closing(sqlite3.connect(own.file)) as connection:
        connection.executescript(script)


def raise_format(own: Location) -> None:
    sql(own, "UPDATE meta SET value = '99' WHERE key = 'format'")


def empty_tables(own: Location) -> None:
    sql(own, "DELETE FROM metrics; DELETE FROM measurements; DELETE FROM cases; DELETE FROM runs")


BESIDE = f"assay-{RUN.id}.sqlite"
FAULTS = pytest.mark.parametrize(
    ("fault", "words", "place"),
    [
        (delete_file, "the results file {file} was deleted or moved meanwhile", f"results/{BESIDE}"),
        (delete_file_and_log, "the results file {file} was deleted or moved meanwhile", f"results/{BESIDE}"),
        (delete_folder, "the results folder {folder} was deleted or moved meanwhile", BESIDE),
        (move_folder, "the results folder {folder} was deleted or moved meanwhile", BESIDE),
        (replace_file, "the results file {file} was replaced by another file meanwhile", f"results/{BESIDE}"),
        (raise_format, "has format 99 now, and this Assay writes format 3", f"results/{BESIDE}"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)


@FAULTS
@pytest.mark.parametrize("moment", ["between", "end"])
def test_a_file_that_is_lost_under_the_run(
    begun: FallbackStore,
    own: Location,
    told: list[str],
    fault: Callable[[Location], None],
    words: str,
    place: str,
    moment: str,
) -> None:
    """All that was measured is in a new file; nothing is said to be where it is not."""
    rest = CASES[1:]
    if moment == "end":
        for case in rest:
            begun.add(result(case))
    fault(own)
    if moment == "between":
        for case in rest:
            begun.add(result(case))
    with pytest.raises(StoreError) as caught:
        begun.end("complete")
    lost = begun.lost(caught.value)
    there = own.folder.parent / place
    assert words.format(file=own.file, folder=own.folder) in told[0]
    assert told[0].endswith(f"; results go to {there} from here on")
    assert len(told) == 1
    assert f"; 4 of 4 cases are kept as run {RUN.id} in {there}" in lost.message
    assert str(own.folder) in lost.message
    assert f"`assay store copy {there} {own.file} {RUN.id}`" in str(lost.remedy)
    assert (lost.exit_code, len(lost.outcome.measurements), lost.outcome.run.state) == (2, 4, "complete")
    begun.__exit__()
    assert stored(Location(folder=own.folder, file=there)) == ["one", "two", "three", "four"]
    assert there.parent.is_dir()


def test_a_file_that_is_broken_by_somebody_else(tmp_path: Path, told: list[str]) -> None:
    with Store(tmp_path) as store:
        store.begin(RUN, CASES)
        fallback = FallbackStore(store, RUN, CASES, told.append)
    with (tmp_path / "assay.sqlite").open("r+b") as file:
        file.write(b"\0" * 4096)
    with fallback:
        fallback.add(result(CASES[0]))
        with pytest.raises(StoreError, match="cannot be read or written"):
            fallback.end("complete")
    assert stored(Location(folder=tmp_path, file=tmp_path / BESIDE)) == ["one"]
    store.close()


def test_a_store_that_was_emptied_gets_the_run_again(begun: FallbackStore, own: Location, told: list[str]) -> None:
    empty_tables(own)
    begun.add(result(CASES[1]))
    begun.end("interrupted")
    assert f"has no run {RUN.id}" in told[0]
    assert stored(own) == ["one", "two"]


def test_what_an_earlier_process_measured_is_kept_too(begun: FallbackStore, own: Location, told: list[str]) -> None:
    with Store(own) as store, FallbackStore(store, RUN, CASES, told.append) as resumed:
        delete_folder(own)
        resumed.add(result(CASES[1]))
    assert stored(own.folder.parent / BESIDE) == ["one", "two"]


def test_a_file_that_comes_back_gets_all(begun: FallbackStore, own: Location, told: list[str]) -> None:
    aside = own.folder / "aside"
    own.file.rename(aside)
    begun.add(result(CASES[1]))
    aside.rename(own.file)
    begun.end("interrupted")
    assert stored(own) == ["one", "two"]
    assert [path.name for path in own.folder.iterdir() if BESIDE in path.name] == []
    assert told[-1] == f"{own} can be reached again, and has the whole run {RUN.id}"


def test_a_second_loss_is_none_either(begun: FallbackStore, own: Location, told: list[str]) -> None:
    delete_folder(own)
    begun.add(result(CASES[1]))
    remove(own.folder.parent / BESIDE)
    begun.add(result(CASES[2]))
    assert stored(own.folder.parent / BESIDE) == ["one", "two", "three"]
    assert len(told) == 2


def test_where_nothing_can_be_written_what_is_in_memory_is_told(
    begun: FallbackStore, own: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where every disk is full: no folder takes a new file."""
    monkeypatch.setattr(module, "_folders", lambda file: iter(()))
    delete_folder(own)
    with pytest.raises(StoreError, match="was deleted or moved") as caught:
        begun.add(result(CASES[1]))
    assert [row.case.plugin for row in begun.lost(caught.value).outcome.measurements] == ["one", "two"]


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


def test_a_server_that_restarts_while_something_is_stored_is_asked_again(
    fallback: FallbackStore, shared: Location, running: Server, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ASKED_AGAIN_S", 60.0)
    fallback.add(result(CASES[0]))
    running.stop()
    monkeypatch.setattr(module.time, "sleep", lambda seconds: None if running.running() else running.start())
    fallback.add(result(CASES[1]))
    running.stop()
    fallback.end("complete")
    assert stored(shared) == ["one", "two"]
    assert told[0].endswith("; it is asked again for 60 s")
    assert told[1] == f"{shared} answers again"
    assert len(told) == 4
    assert not shared.folder.exists()


def test_ctrl_c_while_a_server_is_asked_again_loses_nothing(
    fallback: FallbackStore, shared: Location, running: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    fallback.add(result(CASES[0]))
    running.stop()

    def interrupt(seconds: float) -> None:
        running.start()
        raise KeyboardInterrupt

    monkeypatch.setattr(module.time, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fallback.add(result(CASES[1]))
    fallback.end("interrupted")
    assert stored(shared) == ["one", "two"]
