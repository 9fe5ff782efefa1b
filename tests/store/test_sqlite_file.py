"""A store that may only be read: everything is read, and nothing is made. The permissions here are real."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assay.records.results import GroupResult, Measurement, Metrics, Run, Status, TokenizerCase
from assay.store.location import FILE
from assay.store.store import Store
from rights import drop_rights

RUN = Run(id="20260101-120000-abcd", started="2026-01-01T12:00:00.000+00:00", suite="s", command="c", environment={})
CASE = TokenizerCase(tokenizer="one", corpus="c")
FORMAT_1 = (Path(__file__).parents[1] / "data" / "format-1.sql").read_text("utf-8")
# Writes, and dies before the log is written into the file.
KILLED = """
import os, sys
from assay.store.store import Store
sys.path.insert(0, sys.argv[2])
from store.test_sqlite_file import CASE, GroupResult, Measurement, RUN, Metrics, Status
store = Store(sys.argv[1])
store.begin(RUN, [CASE])
store.add(RUN.id, GroupResult(measurements=(Measurement(case=CASE, status=Status.OK, metrics=Metrics(tokens=7)),)))
os.kill(os.getpid(), 9)
"""


def fill(folder: Path) -> None:
    with Store(folder) as store:
        store.begin(RUN, [CASE])
        row = Measurement(case=CASE, status=Status.OK, metrics=Metrics(tokens=7))
        store.add(RUN.id, GroupResult(measurements=(row,)))
        store.finish(RUN.id, "complete")


def kill(folder: Path) -> None:
    """Leave a store as a killed process leaves it: its log is full, and the file empty."""
    tests = str(Path(__file__).parents[1])
    ended = subprocess.run([sys.executable, "-c", KILLED, folder, tests], capture_output=True, text=True, check=False)
    assert ended.returncode == -9, ended.stderr
    assert (folder / f"{FILE}-wal").stat().st_size


def lock(folder: Path) -> dict[str, bytes]:
    """Take all rights to write; return what there is."""
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    return content(folder)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}


@pytest.fixture
def nobody(tmp_path: Path, child_environment: Any) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Run a command for which permissions count, in the test's folder."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        env = child_environment({"HOME": home, "TMPDIR": home})
        command = [sys.executable, "-m", "assay", *arguments]
        options = {"cwd": tmp_path, "env": env, "capture_output": True, "text": True, "check": False}
        return subprocess.run(command, preexec_fn=drop_rights, **options)

    yield run
    for path in (tmp_path / "results", *(tmp_path / "results").iterdir()):
        path.chmod(0o755)


READING = pytest.mark.parametrize(
    "arguments",
    [("show", "--json"), ("report", "--format", "json"), ("store", "info"), ("history", "tokens"), ("export", "csv")],
    ids=lambda arguments: " ".join(arguments),
)


@pytest.mark.long
@READING
def test_a_folder_that_may_not_be_written_is_read(tmp_path: Path, nobody: Any, arguments: tuple[str, ...]) -> None:
    fill(tmp_path / "results")
    before = lock(tmp_path / "results")
    ran = nobody(*arguments)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "7" in ran.stdout or arguments == ("store", "info")
    assert content(tmp_path / "results") == before


@pytest.mark.long
def test_what_a_killed_process_left_is_read_too(tmp_path: Path, nobody: Any) -> None:
    kill(tmp_path / "results")
    (tmp_path / "results" / f"{FILE}-shm").unlink()
    before = lock(tmp_path / "results")
    ran = nobody("show", "--json")
    assert ran.returncode == 0, ran.stderr
    assert '"tokens": 7' in ran.stdout
    told = f"assay: warning: results/{FILE} cannot be written: what {FILE}-wal adds to it is read from a copy in memory"
    assert ran.stderr.splitlines()[0] == told
    assert content(tmp_path / "results") == before
    assert list((tmp_path / "home").glob("assay-*")) == []


@pytest.mark.long
def test_what_a_killed_process_left_with_its_index_is_read_too(tmp_path: Path, nobody: Any) -> None:
    kill(tmp_path / "results")
    before = lock(tmp_path / "results")
    ran = nobody("show", "--json")
    assert ran.returncode == 0, ran.stderr
    assert '"tokens": 7' in ran.stdout
    assert content(tmp_path / "results") == before


@pytest.mark.long
def test_a_journal_that_was_left_is_rolled_back_in_the_copy(tmp_path: Path, nobody: Any) -> None:
    fill(tmp_path / "results")
    file, journal = tmp_path / "results" / FILE, tmp_path / "results" / f"{FILE}-journal"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA cache_size=1")  # so that pages are written before the end
        connection.execute("BEGIN")
        connection.execute("UPDATE metrics SET number = 8")
        connection.execute("CREATE TABLE filler (x TEXT)")
        connection.executemany("INSERT INTO filler VALUES (?)", [("x" * 4000,)] * 50)
        kept = {path: path.read_bytes() for path in (file, journal)}
        connection.execute("ROLLBACK")
    for path, data in kept.items():
        path.write_bytes(data)
    before = lock(tmp_path / "results")
    ran = nobody("show", "--json")
    assert ran.returncode == 0, ran.stderr
    assert '"tokens": 7' in ran.stdout
    assert f"what {FILE}-journal adds to it is read from a copy" in ran.stderr
    assert content(tmp_path / "results") == before


@pytest.mark.long
def test_an_old_format_is_read_without_upgrading_the_file(tmp_path: Path, nobody: Any) -> None:
    (tmp_path / "results").mkdir()
    with closing(sqlite3.connect(tmp_path / "results" / FILE)) as connection:
        connection.executescript(FORMAT_1)
    before = lock(tmp_path / "results")
    ran = nobody("show", "--runs")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "20261127-055640-4278" in ran.stdout
    assert content(tmp_path / "results") == before


@pytest.mark.long
def test_a_colleague_who_writes_is_read_meanwhile(tmp_path: Path, nobody: Any) -> None:
    """Whoever may write has it open: what is in the log is read where it is, without a copy."""
    with Store(tmp_path / "results") as store:
        store.begin(RUN, [CASE])
        row = Measurement(case=CASE, status=Status.OK, metrics=Metrics(tokens=7))
        store.add(RUN.id, GroupResult(measurements=(row,)))
        for path in (tmp_path / "results").iterdir():
            path.chmod(0o644)
        ran = nobody("show", "--json")
    assert ran.returncode == 0, ran.stderr
    assert '"tokens": 7' in ran.stdout
    assert "cannot be written" not in ran.stderr


@pytest.mark.long
def test_a_mount_that_is_read_only(unshared: Any, tmp_path: Path) -> None:
    fill(tmp_path / "results")
    script = 'mount --bind results results && mount -o remount,ro,bind results && exec "$@"'
    ran = unshared("-rm", script, sys.executable, "-m", "assay", "show", "--json")
    assert (ran.rc, ran.stderr) == (0, "")
    assert ran.json["tokenizers"][0]["tokens"] == 7


@pytest.mark.long
def test_a_run_where_nothing_may_be_written_is_refused(tmp_path: Path, nobody: Any) -> None:
    fill(tmp_path / "results")
    lock(tmp_path / "results")
    ran = nobody("run", "--tokenizers", "bytes", "--attentions", "none", "--resume", RUN.id)
    assert ran.returncode == 2
    assert "cannot be read or written: attempt to write a readonly database" in ran.stderr


@pytest.mark.parametrize("command", [["show"], ["report"], ["history", "tokens"], ["store", "info"], ["accept"]])
def test_without_results_nothing_is_made(cli: Any, tmp_path: Path, command: list[str]) -> None:
    assert "there are no results in" in cli(*command).complaint or command == ["history", "tokens"]
    assert list(tmp_path.iterdir()) == []


def test_reading_leaves_a_folder_as_it_was(cli: Any, tmp_path: Path) -> None:
    fill(tmp_path / "results")
    for command in (["show"], ["report"], ["history", "tokens"], ["store", "info"], ["compare", RUN.id, RUN.id]):
        cli(*command)
    assert [path.name for path in tmp_path.rglob("*")] == ["results", FILE]
