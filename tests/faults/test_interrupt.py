"""A run that is stopped: Ctrl-C, and the killer that asks nobody. What was measured is kept and named."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.long

Start = Callable[..., subprocess.Popen[str]]

# A correct tokenizer that hangs on one text while a file is there, so that a signal finds the run in the middle.
SLOW = """
import time
from pathlib import Path
import assay

class Slow:
    vocab_size, unk_id = 256, None

    def encode(self, text):
        while "hang on" in text and Path(__file__).with_name("hang").exists():
            time.sleep(0.1)
        return list(text.encode())

    def decode(self, ids):
        return bytes(ids).decode()

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="slow", summary="", build=lambda text: Slow())
"""
COMMAND = ["run", "--plugin", "slow.py", "--tokenizers", "regex,slow", "--attentions", "none", "--held-out", "0"]
CORPORA = ["--corpora", "quick.txt,hang.txt"]
SECOND_IS_STORED = r"^\[2/4\] "


@pytest.fixture
def start(child_environment: Callable[[], dict[str, str]], tmp_path: Path) -> Iterator[Start]:
    """Start a run of two tokenizers on two texts, the second of which never ends, in a process group of its own."""
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    (tmp_path / "quick.txt").write_text("a quick text", encoding="utf-8")
    (tmp_path / "hang.txt").write_text("a text to hang on", encoding="utf-8")
    (tmp_path / "hang").touch()
    started: list[subprocess.Popen[str]] = []

    def call(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "assay", *COMMAND, *CORPORA, "--budget", "0.5s", *arguments],
            cwd=tmp_path,
            env=child_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
            # A test run in the background ignores SIGINT, and children inherit that.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        started.append(process)
        return process

    yield call
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def read_until(process: subprocess.Popen[str], pattern: str) -> str:
    """Read standard error up to the line that matches, and give what was read."""
    assert process.stderr is not None
    seen = ""
    for line in process.stderr:
        seen += line
        if re.search(pattern, line):
            return seen
    pytest.fail(f"no line matches {pattern}:\n{seen}")


def shown(cli: Callable[..., Any], run: str) -> Any:
    """What `assay show` gives of a run."""
    ran = cli("show", run, "--json")
    assert ran.rc == 0, ran.stderr
    return ran


def cases(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(row["corpus"], row["tokenizer"], row["status"]) for row in document["tokenizers"]]


KEPT = [("quick.txt", "regex", "ok"), ("quick.txt", "slow", "ok")]


def interrupted(stderr: str) -> tuple[str, str]:
    """How many cases the last line says are kept, and as which run."""
    assert "Traceback" not in stderr
    found = re.search(r"interrupted: (\d of \d) cases are kept as run (\S+) in ", stderr.strip().splitlines()[-1])
    assert found is not None, stderr
    return found[1], found[2]


@pytest.mark.parametrize(
    ("number", "whom"),
    [
        (signal.SIGINT, "the process"),
        (signal.SIGINT, "its group, as a terminal does"),
        (signal.SIGTERM, "the process"),
        (signal.SIGHUP, "its group, as a terminal does"),
    ],
)
def test_a_signal_keeps_and_names_what_was_measured(
    cli: Callable[..., Any], start: Start, number: signal.Signals, whom: str
) -> None:
    process = start()
    begun = read_until(process, SECOND_IS_STORED)
    children = family(process)
    (os.kill if whom == "the process" else os.killpg)(process.pid, number)
    stdout, stderr = process.communicate(timeout=60)

    assert (process.returncode, stdout) == (128 + number, "")
    kept, run = interrupted(stderr)
    assert kept == "2 of 4"
    assert run in begun
    ran = shown(cli, run)
    assert cases(ran.json) == KEPT
    assert ran.json["run"]["state"] == "interrupted"
    assert "4 cases planned: 2 ok, 2 missing" in ran.stderr
    assert psutil.wait_procs(children, timeout=20)[1] == []


def test_ctrl_c_before_the_first_measurement_keeps_the_run(cli: Callable[..., Any], start: Start) -> None:
    process = start("--corpora", "hang.txt")
    read_until(process, r"^run \S+: 2 cases")
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    kept, run = interrupted(stderr)
    assert (process.returncode, kept) == (130, "0 of 2")
    assert cases(shown(cli, run).json) == []


def test_ctrl_c_leaves_no_half_document(start: Start) -> None:
    process = start("--json")
    read_until(process, SECOND_IS_STORED)
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=60)
    assert stdout == "" or json.loads(stdout)


def test_a_killed_run_keeps_what_was_stored_and_leaves_no_process(cli: Callable[..., Any], start: Start) -> None:
    process = start()
    begun = read_until(process, SECOND_IS_STORED)
    children = family(process)
    process.kill()
    process.communicate(timeout=60)
    run = re.search(r"^run (\S+):", begun, re.MULTILINE)
    assert run is not None
    ran = shown(cli, run[1])
    assert cases(ran.json) == KEPT
    assert ran.json["run"]["state"] == "interrupted"
    assert "4 cases planned: 2 ok, 2 missing" in ran.stderr
    assert psutil.wait_procs(children, timeout=20)[1] == []


def test_an_interrupted_run_goes_on_where_it_stopped(cli: Callable[..., Any], start: Start, tmp_path: Path) -> None:
    process = start()
    read_until(process, SECOND_IS_STORED)
    process.send_signal(signal.SIGINT)
    _, run = interrupted(process.communicate(timeout=60)[1])
    before = shown(cli, run).json
    (tmp_path / "hang").unlink()
    resumed = cli("run", "--resume", run, "--json")
    assert resumed.rc == 0, resumed.stderr
    assert resumed.json["run"]["state"] == "complete"
    assert cases(resumed.json) == [*KEPT, ("hang.txt", "regex", "ok"), ("hang.txt", "slow", "ok")]
    assert resumed.json["tokenizers"][:2] == before["tokenizers"]
