"""What a plugin must not change: each change in a process of its own, whose state is then lost with it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

WATCH = """
import gc, locale, os, sys, time
{before}
from assay.errors import WrongOutput
from assay.execute.worker.state_guard import ProcessStateGuard

guard = ProcessStateGuard()
{change}
for _ in range(2):
    try:
        guard.compare()
        said = "nothing"
    except WrongOutput as error:
        said = str(error)
    os.write(2, (said + "\\n").encode())
"""


def watch(folder: Path, change: str, before: str = "") -> list[str]:
    """What two looks after a change say; written to standard error, since standard output may be gone."""
    folder.joinpath("below").mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", WATCH.format(before=before, change=change)],
        cwd=folder / "below",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stderr.splitlines()


CHANGES = {
    "folder": ("os.chdir('..')", "the working folder"),
    "no folder": ("os.rmdir(os.getcwd())", "the working folder from .* to a folder that is gone"),
    "collector": ("gc.disable()", "the garbage collector from on to off"),
    "locale of numbers": ("locale.setlocale(locale.LC_NUMERIC, 'C.UTF-8')", "the locale LC_NUMERIC from C to C.UTF-8"),
    "locale of letters": ("locale.setlocale(locale.LC_CTYPE, 'C')", "the locale LC_CTYPE"),
    "closed descriptor": ("os.close(1)", "standard output from open to closed"),
    "closed file": ("sys.stdout.close()", "standard output from open to closed"),
    "no file": ("sys.stdout = None", "standard output from open to closed"),
}


@pytest.mark.parametrize(("change", "name"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_told_once(tmp_path: Path, change: str, name: str) -> None:
    first, second = watch(tmp_path, change)
    assert re.match(f"it changed {name}", first), first
    assert first.endswith("(restore what is changed before returning)")
    assert second == "nothing"


def test_a_clock_that_was_replaced_is_told_every_time(tmp_path: Path) -> None:
    told = "it changed time.perf_counter_ns, which reads a clock (leave the clocks alone)"
    replaced = "time.perf_counter_ns = lambda: 0"
    assert watch(tmp_path, replaced) == [told] * 2
    loading = f"from assay.execute.worker import state_guard\n{replaced}"
    assert watch(tmp_path, "pass", loading) == [told] * 2  # before the plugin was taken up
    ours = "from assay.measure import timer; timer.process_time_ns = lambda: 0"
    assert watch(tmp_path, ours)[0].startswith("it changed timer.process_time_ns, ")


UNCHANGED = {
    "nothing": "pass",
    "restored": """
here = os.getcwd()
os.chdir("..")
gc.disable()
letters = locale.setlocale(locale.LC_CTYPE)
locale.setlocale(locale.LC_CTYPE, "C")
out, sys.stdout = sys.stdout, open(os.devnull, "w")
sys.stdout.close()
os.chdir(here)
gc.enable()
locale.setlocale(locale.LC_CTYPE, letters)
sys.stdout = out
""",
    "something else": """
os.environ["MINE"] = "1"
sys.path.append("/nowhere")
os.makedirs("made")
print("a word")
gc.collect()
""",
}


@pytest.mark.parametrize("change", UNCHANGED.values(), ids=UNCHANGED)
def test_what_is_left_as_it_was_is_passed_over(tmp_path: Path, change: str) -> None:
    assert watch(tmp_path, change) == ["nothing", "nothing"]


@pytest.mark.parametrize("before", ["gc.disable()", "os.close(1)", "sys.stdout = None"])
def test_what_was_so_before_is_not_the_plugins_doing(tmp_path: Path, before: str) -> None:
    assert watch(tmp_path, "pass", before) == ["nothing", "nothing"]


@pytest.mark.long
def test_torch(tmp_path: Path) -> None:
    """Both of torch's settings in one process, since importing it takes long; each change is told in turn."""
    change = """
torch.set_num_threads(torch.get_num_threads() + 1)
try:
    guard.compare()
except WrongOutput as error:
    os.write(2, (str(error) + "\\n").encode())
torch.set_default_dtype(torch.float64)
"""
    threads, kind, last = watch(tmp_path, change, "import torch")
    assert threads.startswith("it changed torch's number of threads from ")
    assert kind.startswith("it changed torch's default type from torch.float32 to torch.float64")
    assert last == "nothing"


@pytest.mark.long
def test_a_torch_that_comes_later_is_not_a_change(tmp_path: Path) -> None:
    assert watch(tmp_path, "import torch") == ["nothing", "nothing"]
