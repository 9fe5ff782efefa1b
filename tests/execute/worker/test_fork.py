"""The requests to fork and to join on real workers: a copy works, and whatever becomes of it the host learns."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from assay.execute.worker.process import GRACE_S, Worker, WorkerDied
from assay.execute.worker.requests import Calibrate, Fork, Join, Load, PluginSelection, Setup, TakeSample, Verify
from assay.records.dataclass_json import to_json
from assay.records.settings import Settings
from planted import case, living, plugin

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system does not tell its threads")

MARK = "FORK_TEST"
SHORT_S = 1.0
# Each commits its crime once a file named `now` lies beside the plugin.
CRIMES = {
    "kill": "os.kill(os.getpid(), signal.SIGKILL)",
    "terminate": "os.kill(os.getpid(), signal.SIGTERM)",
    "segfault": "ctypes.string_at(0)",
    "leave": "os._exit(3)",
    "leave_well": "os._exit(0)",
    "spin": "while True: pass",
    "sleep": "time.sleep(3600)",
    "refuse": "raise RuntimeError('no more')",
}
BODY = """
def crime(self):
    Path(__file__).with_name("note.json").write_text(json.dumps([os.getpid(), self.calls]))
    if Path(__file__).with_name("now").exists():
        {crime}
"""
THREADED = """
def begin(self):
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
"""
HOST = """
import sys
from assay.execute.worker.process import Worker
from assay.execute.worker.requests import Fork, Load, TakeSample, Verify
from assay.records.dataclass_json import from_json
from assay.records.settings import Settings
worker = Worker("fix it", Settings())
worker.ask(from_json(Load, sys.argv[1]))
worker.ask(Verify())
print(worker.ask(Fork()).value, flush=True)
open(sys.argv[2], "w").close()
worker.ask(TakeSample(operation="encode", iterations=1))
"""
SAMPLE = TakeSample(operation="encode", iterations=1)

Start = Callable[[str], Worker]


def _marked(process: psutil.Process, mark: str) -> bool:
    try:
        return process.environ().get(MARK) == mark
    except psutil.Error:
        return False


def load(folder: Path, tokenizer: str) -> Load:
    """The request to take up a case of the plugin in the folder."""
    file = plugin(
        folder / "planted.py",
        {name: BODY.format(crime=crime) for name, crime in CRIMES.items()} | {"threaded": THREADED},
    )
    return Load(setup=Setup(plugins=PluginSelection(plugins=(file,)), core=None), case=case(folder, tokenizer))


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """What all processes of a test have in their environment; none may be left at its end."""
    mark = secrets.token_hex(8)
    monkeypatch.setenv(MARK, mark)
    yield mark
    assert living(MARK, mark) == []


@pytest.fixture
def start(tmp_path: Path, mark: str) -> Iterator[Start]:
    """Start a worker that has checked a case of a tokenizer and stands before its samples."""
    started: list[Worker] = []

    def call(tokenizer: str) -> Worker:
        worker = Worker("fix it", Settings())
        started.append(worker)
        worker.ask(load(tmp_path, tokenizer))
        assert worker.ask(Verify()).refusal is None
        return worker

    yield call
    for worker in started:
        worker.kill()


def sample(worker: Worker, folder: Path) -> tuple[int, int]:
    """Take a sample; say in which process, and which call of `encode` there it was."""
    sampled = worker.ask(SAMPLE).value
    assert sampled is not None
    assert sampled.wall_ns > 0
    process, calls = json.loads((folder / "note.json").read_text("utf-8"))
    return process, calls


def death(worker: Worker) -> WorkerDied:
    """Have a worker sample, which ends it."""
    with pytest.raises(WorkerDied) as raised:
        worker.ask(SAMPLE)
    return raised.value


def test_a_copy_answers_until_it_is_joined_and_then_the_process_goes_on(start: Start, tmp_path: Path) -> None:
    worker = start("kill")
    process, calls = sample(worker, tmp_path)
    assert worker.ask(Fork()).value is True
    copies = [sample(worker, tmp_path) for _ in range(2)]
    assert [call for _, call in copies] == [calls + 1, calls + 2]
    ((copy, _), (again, _)) = copies
    assert copy == again != process
    calibrated = worker.ask(Calibrate(operation="encode", target_ns=1_000_000)).value
    assert calibrated is not None
    assert calibrated.iterations >= 1
    assert worker.ask(Join()).value is True
    # What the copy did has left no trace in the process.
    assert sample(worker, tmp_path) == (process, calls + 1)


def test_every_fork_is_another_copy(start: Start, tmp_path: Path) -> None:
    worker = start("kill")
    seen = set()
    for _ in range(3):
        assert worker.ask(Fork()).value is True
        seen.add(sample(worker, tmp_path))
        worker.ask(Join())
    assert len({process for process, _ in seen}) == 3
    assert len({calls for _, calls in seen}) == 1
    sample(worker, tmp_path)
    assert worker.offspring() == []


def test_an_exception_in_a_copy_is_an_answer_as_ever(start: Start, tmp_path: Path) -> None:
    worker = start("refuse")
    worker.ask(Fork())
    (tmp_path / "now").touch()
    refusal = worker.ask(SAMPLE).refusal
    assert refusal is not None
    assert "no more" in refusal.reason
    assert worker.ask(Join()).value is True
    (tmp_path / "now").unlink()
    assert worker.ask(SAMPLE).refusal is None


def test_a_process_with_a_thread_is_not_copied(start: Start) -> None:
    worker = start("threaded")
    assert worker.ask(Fork()).value is False
    assert worker.offspring() == []
    assert worker.ask(SAMPLE).refusal is None
    assert worker.ask(Join()).value is False
    assert worker.ask(SAMPLE).refusal is None


@pytest.mark.long
@pytest.mark.parametrize(
    ("tokenizer", "outcome"),
    [
        ("kill", "killed by SIGKILL"),
        ("terminate", "killed by SIGTERM"),
        ("segfault", "killed by SIGSEGV"),
        ("leave", "exited with code 3"),
    ],
)
def test_as_a_copy_ends_so_does_the_worker(start: Start, tmp_path: Path, tokenizer: str, outcome: str) -> None:
    worker = start(tokenizer)
    worker.ask(Fork())
    sample(worker, tmp_path)
    (tmp_path / "now").touch()
    died = death(worker)
    assert died.outcome == outcome
    assert died.reason.startswith(f"its process {'was ' * outcome.startswith('killed')}{outcome} while sampling")
    assert died.remedy == "fix it"
    assert ("in string_at (" in died.reason) == (tokenizer == "segfault")
    assert worker.offspring() == []


def test_a_copy_that_ends_as_if_all_were_well_is_found(start: Start, tmp_path: Path) -> None:
    worker = start("leave_well")
    worker.ask(Fork())
    worker.settings = replace(worker.settings, timeout_s=5 * SHORT_S)
    (tmp_path / "now").touch()
    assert death(worker).outcome == "exited with code 0"


@pytest.mark.long
@pytest.mark.parametrize("tokenizer", ["spin", "sleep"])
def test_a_copy_that_hangs_is_found_with_its_place(start: Start, tmp_path: Path, tokenizer: str) -> None:
    worker = start(tokenizer)
    worker.ask(Fork())
    sample(worker, tmp_path)
    worker.settings = replace(worker.settings, timeout_s=SHORT_S)
    (tmp_path / "now").touch()
    died = death(worker)
    assert died.outcome == "timed out"
    assert died.reason.startswith("it gave no answer for 1 s while sampling, in crime (planted.py:")
    assert died.remedy == "fix it; --timeout allows more time"
    assert len(worker.offspring()) == 1
    worker.kill()
    assert worker.offspring() == []


@pytest.mark.parametrize("tokenizer", ["spin", "sleep"])
def test_the_death_of_the_host_ends_worker_and_copy(tmp_path: Path, mark: str, tokenizer: str) -> None:
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, to_json(load(tmp_path, tokenizer)), str(tmp_path / "now")],
        stdout=subprocess.PIPE,
        start_new_session=True,
        encoding="utf-8",
    )
    assert host.stdout is not None
    assert host.stdout.readline() == "True\n"
    family = [process for process in psutil.process_iter() if _marked(process, mark)]
    assert len(family) == 3, "host, worker and copy"
    os.kill(host.pid, signal.SIGKILL)
    host.communicate()
    assert living(MARK, mark) == []


def test_a_copy_ends_with_the_worker_that_is_stopped(start: Start) -> None:
    worker = start("kill")
    worker.ask(Fork())
    began = time.monotonic()
    worker.stop()
    assert worker.offspring() == []
    assert time.monotonic() - began < GRACE_S
