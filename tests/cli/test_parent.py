"""The parent of a command: exit code 70 where the command itself can no longer tell one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

Cli = Callable[..., Any]

# Good when it is tried, and then not.
SECOND_TIME = """
from pathlib import Path
import ctypes, os, signal
tried = Path(__file__).with_name("tried")
if tried.exists():
    {what}
tried.touch()
import assay
@assay.hookimpl
def assay_metrics():
    return ()
"""


@pytest.mark.parametrize(
    ("what", "how"),
    [
        ("os._exit(0)", "exited with code 0"),
        ("ctypes.string_at(0)", "was killed by SIGSEGV"),
    ],
)
def test_a_command_that_ends_without_a_verdict_is_70_and_names_the_plugin(
    command: Cli, tmp_path: Path, what: str, how: str
) -> None:
    (tmp_path / "mine.py").write_text(SECOND_TIME.format(what=what))
    ran = command("list", "--plugin", "mine.py", "--load", "none")
    assert (ran.rc, ran.stdout) == (70, "")
    told = f"assay: error: the process of this command {how} while plugin mine.py was called"
    assert told in ran.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)])
def test_a_signal_ends_the_command_and_its_parent(
    tmp_path: Path, child_environment: Callable[[], dict[str, str]], number: int, code: int
) -> None:
    (tmp_path / "mine.py").write_text(SECOND_TIME.format(what="print('here', flush=True); signal.pause()"))
    process = subprocess.Popen(
        [sys.executable, "-m", "assay", "list", "--plugin", "mine.py", "--load", "none"],
        cwd=tmp_path,
        env=child_environment(),
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == b"here\n"
    (child,) = psutil.Process(process.pid).children()
    os.kill(process.pid, number)
    process.communicate(timeout=60)
    assert process.returncode == code
    assert psutil.wait_procs([child], timeout=20)[1] == []
