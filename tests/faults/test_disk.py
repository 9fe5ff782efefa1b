"""Results that cannot be written or read: one clear sentence, exit 2, and nothing corrupted."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import assay

Cli = Callable[..., Any]

RUN = ["run", "--tokenizers", "regex", "--attentions", "none", "--held-out", "0", "--budget", "0.1s"]
COMMANDS = pytest.mark.parametrize("command", [RUN, ["show"]], ids=["run", "show"])


def refusal(ran: Any) -> str:
    """The one sentence of a command that ends with exit code 2; progress may stand before it."""
    assert ran.rc == 2, ran
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    (line,) = (line for line in ran.stderr.splitlines() if line.startswith("assay: error: "))
    assert ran.stderr.endswith(f"{line}\n")
    return line


def dump(file: Path) -> list[str]:
    """All that a database holds, as SQL; also checks that it is sound."""
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return list(connection.iterdump())


@pytest.fixture
def store(cli: Cli, tmp_path: Path) -> Path:
    """The file of a results folder with one run."""
    ran = cli(*RUN)
    assert ran.rc == 0, ran.stderr
    return tmp_path / "results" / "assay.sqlite"


def test_a_folder_below_a_file_is_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    line = refusal(cli(*RUN, "--results", "file/results"))
    assert "the results folder file/results cannot be made: Not a directory" in line
    assert (tmp_path / "file").read_text() == "precious"


def test_a_file_in_place_of_the_folder_is_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    assert "the results folder file cannot be made" in refusal(cli(*RUN, "--results", "file"))
    assert (tmp_path / "file").read_text() == "precious"


@COMMANDS
def test_a_folder_in_place_of_the_store_is_refused(cli: Cli, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "results" / "assay.sqlite").mkdir(parents=True)
    assert "results" in refusal(cli(*command))


@COMMANDS
def test_a_store_of_a_newer_format_is_left_alone(cli: Cli, store: Path, command: list[str]) -> None:
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    before = dump(store)
    line = refusal(cli(*command))
    assert "has format 99, and this Assay knows format" in line
    assert "upgrade assay" in line
    assert dump(store) == before


@COMMANDS
def test_a_file_that_is_no_database_is_left_alone(cli: Cli, tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "results" / "assay.sqlite"
    file.parent.mkdir()
    file.write_text("Dear diary, " * 1000)
    line = refusal(cli(*command))
    assert "results/assay.sqlite" in line
    assert "not a database" in line
    assert file.read_text() == "Dear diary, " * 1000


@COMMANDS
def test_the_database_of_another_program_is_left_alone(cli: Cli, tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "results" / "assay.sqlite"
    file.parent.mkdir()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE diary (page TEXT)")
        connection.execute("INSERT INTO diary VALUES ('dear')")
    connection.close()
    before = file.read_bytes()
    assert "is not an Assay store" in refusal(cli(*command))
    assert file.read_bytes() == before


@pytest.mark.long
def test_a_cut_off_store_is_refused(cli: Cli, store: Path) -> None:
    content = store.read_bytes()
    store.write_bytes(content[: len(content) // 2])
    line = refusal(cli("show", "--json"))
    assert "cannot be read or written" in line


def test_a_read_only_folder_is_refused(unshared: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    script = 'mount -t tmpfs -o ro none results && exec "$@"'
    line = refusal(unshared("-rm", script, sys.executable, "-m", "assay", *RUN))
    assert "results" in line
    assert "--results" in line


def test_results_on_a_read_only_disk_are_read(unshared: Callable[..., Any], store: Path) -> None:
    script = 'mount --bind results results && mount -o remount,ro,bind results && exec "$@"'
    ran = unshared("-rm", script, sys.executable, "-m", "assay", "show", "--json")
    assert ran.json["tokenizers"][0]["tokens"] == 4649
    dump(store)


def test_a_disk_too_small_for_a_store_is_refused(unshared: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    script = 'mount -t tmpfs -o size=64k none results && exec "$@"'
    assert "disk is full" in refusal(unshared("-rm", script, sys.executable, "-m", "assay", *RUN))


@pytest.mark.long
def test_a_disk_that_fills_up_keeps_what_was_stored(unshared: Callable[..., Any], tmp_path: Path) -> None:
    """Some of eight texts fit, and stay sound; all of them are in a new file where there is room."""
    texts = [f"{number}.txt" for number in range(8)]
    for text in texts:
        (tmp_path / text).write_text("a b c d e f g h", encoding="utf-8")
    script = 'mkdir disk kept; mount -t tmpfs -o size=320k none disk && "$@"; rc=$?; cp -r disk/. kept; exit $rc'
    command = [*RUN, "--budget", "2s", "--corpora", ",".join(texts), "--results", "disk"]
    ran = unshared("-rm", script, sys.executable, "-m", "assay", *command)
    assert ran.rc == 2, ran.stderr
    last = ran.stderr.splitlines()[-1]
    assert "disk is full" in last
    assert "free some space" in last
    (beside,) = tmp_path.glob("assay-*.sqlite")
    assert f"8 of 8 cases are kept as run {beside.stem.removeprefix('assay-')} in {beside.name}" in last
    assert len(ran.stdout.splitlines()) == 9
    told = [line.split()[1] for line in ran.stderr.splitlines() if line.startswith("[")]
    assert list(assay.results(store=beside).tokenizers["case"]) == told
    dump(tmp_path / "kept" / "assay.sqlite")
    fitting = list(assay.results(store=tmp_path / "kept").tokenizers["case"])
    assert 0 < len(fitting) < len(texts)
    assert fitting == told[: len(fitting)]


@pytest.mark.long
def test_a_full_disk_leaves_earlier_runs_as_they_were(unshared: Callable[..., Any], tmp_path: Path) -> None:
    script = """
        mkdir disk kept; mount -t tmpfs -o size=2m none disk
        "$@" && "$@" --quiet >first && dd if=/dev/zero of=disk/filler bs=4k status=none 2>/dev/null
        "$@" >second; rc=$?
        rm disk/filler; cp -r disk/. kept; exit $rc
    """
    ran = unshared("-rm", script, sys.executable, "-m", "assay", *RUN, "--results", "disk")
    assert ran.rc == 2, ran.stderr
    assert "free some space" in ran.stderr.splitlines()[-1]
    assert "Traceback" not in ran.stderr
    assert (tmp_path / "second").read_text() == ""
    dump(tmp_path / "kept" / "assay.sqlite")
    frames = assay.results("all", store=tmp_path / "kept")
    assert list(frames.tokenizers["tokens"]) == [4649, 4649]
