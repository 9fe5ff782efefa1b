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

# A correct tokenizer that takes its time, so that a signal always finds the run in the middle.
SLOW = """
import time
import assay

class Slow:
    vocab_size, unk_id = 256, None

    def encode(self, text):
        time.sleep(60)
        return list(text.encode())

    def decode(self, ids):
        return bytes(ids).decode()

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="slow", summary="", build=lambda text: Slow())
"""
COMMAND = ["run", "--plugin", "slow.py", "--tokenizers", "regex,regex-unk,slow", "--attentions", "none"]


@pytest.fixture
def start(child_environment: Callable[[], dict[str, str]], tmp_path: Path) -> Iterator[Start]:
    """Start a run of three tokenizers, the last of which never ends, in a process group of its own."""
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    started: list[subprocess.Popen[str]] = []

    def call(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "assay", *COMMAND, "--held-out", "0", "--budget", "1s", *arguments],
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


def show(cli: Callable[..., Any], run: str) -> tuple[Any, list[str]]:
    ran = cli("show", run, "--json")
    assert ran.rc == 0, ran.stderr
    return ran, [row["tokenizer"] for row in ran.json["tokenizers"]]


@pytest.mark.parametrize("whom", ["the process", "its group, as a terminal does"])
def test_ctrl_c_keeps_and_names_what_was_measured(cli: Callable[..., Any], start: Start, whom: str) -> None:
    process = start()
    begun = read_until(process, r"regex-unk ok")
    children = family(process)
    (os.kill if whom == "the process" else os.killpg)(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert stdout == ""
    last = stderr.strip().splitlines()[-1]
    found = re.search(r"interrupted: 2 of 3 cases are kept as run (\S+) in ", last)
    assert found is not None, stderr
    assert found[1] in begun
    assert f"assay show {found[1]}" in last

    ran, kept = show(cli, found[1])
    assert kept == ["regex", "regex-unk"]
    assert ran.json["run"]["state"] == "interrupted"
    assert "2 of 3 cases" in ran.stderr
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []


def test_ctrl_c_before_the_first_measurement_keeps_the_run(cli: Callable[..., Any], start: Start) -> None:
    process = start("--tokenizers", "slow")
    read_until(process, r"^run \S+: 1 cases")
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    found = re.search(r"interrupted: 0 of 1 cases are kept as run (\S+) in ", stderr)
    assert found is not None, stderr
    assert show(cli, found[1])[1] == []


def test_ctrl_c_leaves_no_half_document(start: Start) -> None:
    process = start("--json")
    read_until(process, r"regex-unk ok")
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=60)
    assert stdout == "" or json.loads(stdout)


def test_a_killed_run_loses_only_the_case_in_flight(cli: Callable[..., Any], start: Start) -> None:
    process = start()
    begun = read_until(process, r"regex-unk ok")
    children = family(process)
    process.kill()
    process.communicate(timeout=60)
    run = re.search(r"^run (\S+):", begun, re.MULTILINE)
    assert run is not None

    ran, kept = show(cli, run[1])
    assert kept == ["regex", "regex-unk"]
    assert "2 of 3 cases are there" in ran.stderr
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []
    again = cli("run", "--tokenizers", "regex", "--attentions", "none", "--held-out", "0", "--budget", "0.2s")
    assert again.rc == 0
