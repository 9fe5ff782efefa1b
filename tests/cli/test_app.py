"""Whatever goes wrong in a command is one sentence and an exit code; 1 is a regression and nothing else."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.cli import app as command_line

Cli = Callable[..., Any]


@pytest.mark.parametrize(
    "error",
    [TypeError("no such\nluck"), RecursionError("too deep"), MemoryError(), SystemExit(1), OSError(errno.EPERM, "no")],
)
def test_an_unforeseen_error_is_a_sentence_a_log_and_70(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(command_line.app, "invoke", fail)
    ran = cli("list", env={"ASSAY_CACHE": tmp_path / "cache"})
    assert (ran.rc, ran.stdout, ran.stderr.count("\n")) == (70, "", 1)
    assert f"a fault of Assay itself: {type(error).__name__}" in ran.stderr
    (log,) = (tmp_path / "cache" / "crashes").iterdir()
    assert str(log) in ran.stderr
    assert "in fail\n" in log.read_text("utf-8")
    assert "Python 3." in log.read_text("utf-8")


def test_where_the_cache_cannot_be_written_the_log_is_temporary(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line.app, "invoke", lambda context: 1 / 0)
    (tmp_path / "file").touch()
    ran = cli("list", env={"ASSAY_CACHE": tmp_path / "file"})
    path = re.search(r"traceback is in (\S+);", ran.stderr)
    assert path is not None
    assert "ZeroDivisionError" in Path(path[1]).read_text("utf-8")
    Path(path[1]).unlink()


def test_a_full_disk_is_no_fault_of_assay(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "table.csv")

    monkeypatch.setattr(command_line.app, "invoke", fail)
    monkeypatch.setattr(command_line.streams, "discard_output", lambda: None)
    assert cli("list").complaint.startswith("assay: error: table.csv cannot be written: No space left on device")


LIST = [sys.executable, "-m", "assay", "list", "--load", "none"]


@pytest.fixture
def closing(child_environment: Callable[[], dict[str, str]]) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Run `assay list` with redirections of a shell."""

    def call(redirections: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", f'exec "$@" {redirections}', "bash", *LIST],
            env=child_environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return call


@pytest.mark.long
@pytest.mark.parametrize(
    ("redirections", "reason"), [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")]
)
def test_output_that_cannot_be_written_is_a_sentence_and_2(
    closing: Callable[[str], subprocess.CompletedProcess[str]], redirections: str, reason: str
) -> None:
    ended = closing(redirections)
    told = f"assay: error: standard output cannot be written: {reason} (free some space, or write elsewhere)\n"
    assert (ended.returncode, ended.stderr) == (2, told)


@pytest.mark.long
@pytest.mark.parametrize("redirections", ["2>/dev/full", "2>&-", "<&-"])
def test_without_a_place_for_messages_the_work_is_done(
    closing: Callable[[str], subprocess.CompletedProcess[str]], redirections: str
) -> None:
    ended = closing(redirections)
    assert ended.returncode == 0
    assert ended.stdout.startswith("name\t")


@pytest.mark.long
def test_a_closed_pipe_is_141(child_environment: Callable[[], dict[str, str]]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        LIST, env=child_environment(), stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, "")
