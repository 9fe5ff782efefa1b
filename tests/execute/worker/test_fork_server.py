"""Workers that are copies of a process: as fresh, as watched and as easily ended as those that were started."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from multiprocessing.connection import wait
from pathlib import Path

import psutil
import pytest

from assay.execute.worker.environment import MARK, WorkerEnvironment
from assay.execute.worker.fork_server import ForkedProcess, ForkServer, ForkServers
from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.requests import CallFunction
from assay.records.settings import Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux only")

TASK = "assay.execute.worker.task_main"
PLANTED = '''
import os, subprocess, sys, time
calls = []

def facts(task):
    calls.append(task)
    return " ".join([str(os.getpid()), str(len(calls)), str(hash("x")), os.getcwd(), str(os.getsid(0) == os.getpid())])

def end(task):
    os._exit(int(task))

def kill(task):
    os.kill(os.getpid(), int(task))

def hang(task):
    time.sleep(60)

def leave(task):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    return os.environ["ASSAY_WORKER"]

def copy(task):
    if not os.fork():
        time.sleep(60)
    return ""

DAEMON = """
import os, time
if os.fork():
    os._exit(0)
os.setsid()
end = time.process_time() + 0.1
while time.process_time() < end:
    pass
open({done!r}, "w").close()
time.sleep(60)
"""

def daemon(task):
    subprocess.run([sys.executable, "-c", DAEMON.format(done=task)], env={})
    while not os.path.exists(task):
        time.sleep(0.01)
    return ""

def daemon_and_end(task):
    daemon(task)
    os._exit(3)

def both(task):
    os.fork()
    return ""

def shut(task):
    os.closerange(3, 64)
    return ""

def say(task):
    print("x" * 10)
    return ""
'''


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    folder = tmp_path_factory.mktemp("forked")
    (folder / "planted.py").write_text(PLANTED)
    paths = (str(folder), *(path for path in sys.path if path))
    made = ForkServer(
        WorkerEnvironment(paths=paths, folder=str(folder), seed=7), 1, [TASK, "planted", "no_such_module"]
    )
    yield made
    made.stop()


def worker(server: ForkServer, timeout_s: float = 60.0) -> Worker:
    started = Worker("fix it", Settings(timeout_s=timeout_s), module=TASK, server=server)
    assert isinstance(started._process, ForkedProcess)
    return started


def uncopied(folder: Path) -> Worker:
    (folder / "planted.py").write_text(PLANTED)
    environment = WorkerEnvironment(paths=(str(folder), *(path for path in sys.path if path)))
    return Worker("fix it", Settings(timeout_s=60.0), environment, module=TASK)


def ask(one: Worker, function: str, task: str = "") -> str:
    return str(one.ask(CallFunction(function=f"planted:{function}", task=task)).value)


def test_each_is_a_process_of_its_own_in_the_state_of_the_server(server: ForkServer, tmp_path: Path) -> None:
    found = []
    for _ in range(2):
        one = worker(server)
        found.append(ask(one, "facts").split())
        one.stop()
        assert one._process.wait() == 0
    (pid, *first), (other, *second) = found
    assert pid != other
    assert first == second  # none has seen the call of the other
    assert first[0] == "1"
    assert first[2] == str(server._folder)
    assert first[3] == "True"  # a session of its own, so that all of it can be ended


def test_servers_of_other_numbers_have_other_hash_seeds(tmp_path: Path) -> None:
    servers = ForkServers(WorkerEnvironment(folder=str(tmp_path), seed=2**32 - 1), 1)
    try:
        assert servers.get(0, torch=False) is servers.get(0, torch=False)
        seeds = []
        for number in (0, 1):
            made = servers.get(number, torch=False)
            assert made is not None
            Worker("fix it", Settings(), server=made).kill()  # so that it has begun
            variables = psutil.Process(made._process.pid).environ()
            seeds.append((variables["PYTHONHASHSEED"], len(variables["ASSAY_PADDING"])))
        assert seeds == [(str(2**32 - 1), 0), ("0", 1104)]
    finally:
        servers.stop()


@pytest.mark.parametrize(
    ("function", "task", "reason"),
    [
        ("end", "3", "its process exited with code 3 while counting"),
        ("kill", "11", "its process was killed by SIGSEGV while counting"),
    ],
)
def test_how_one_ended_is_known(server: ForkServer, function: str, task: str, reason: str) -> None:
    one = worker(server)
    with pytest.raises(WorkerDied, match=reason):
        ask(one, function, task)
    one.kill()
    next_one = worker(server)
    assert ask(next_one, "facts")
    next_one.kill()


def test_one_that_hangs_is_ended_and_says_where(server: ForkServer) -> None:
    one = worker(server, timeout_s=0.5)
    with pytest.raises(WorkerDied, match=r"it gave no answer for 0.5 s while counting, in hang \(planted.py"):
        ask(one, "hang")
    one.kill()
    assert one._process.pid not in (each.pid for each in psutil.process_iter() if each.status() != "zombie")


@pytest.mark.parametrize("function", ["leave", "copy"])
def test_what_it_left_running_is_seen_and_ended(server: ForkServer, function: str) -> None:
    one, neighbour = worker(server), worker(server)
    assert ask(neighbour, "facts")
    ask(one, function)
    (left,) = one.offspring()
    assert neighbour.offspring() == []
    one.kill()
    assert not psutil.pid_exists(left) or psutil.Process(left).status() == psutil.STATUS_ZOMBIE
    assert ask(neighbour, "facts")
    neighbour.kill()


def test_a_daemon_without_the_environment_is_seen_counted_and_ended(server: ForkServer, tmp_path: Path) -> None:
    """In a worker, since only the processes below one can be told from others."""
    one = worker(server)
    assert ask(one, "facts")
    before, none = one.other_cpu_seconds()
    ask(one, "daemon", str(tmp_path / "done"))
    (left,) = one.offspring()
    spent, others = one.other_cpu_seconds()
    assert (none, others) == (0, 1)
    assert spent - before >= 0.08  # in ticks of 10 ms
    clock = one.cpu_ns()
    assert clock is not None
    assert 0 < clock < 60e9
    one.kill()
    assert not psutil.pid_exists(left) or psutil.Process(left).status() == psutil.STATUS_ZOMBIE
    assert one.cpu_ns() is None


@pytest.mark.parametrize("copied", [True, False])
def test_a_daemon_is_ended_also_when_the_worker_died_before(server: ForkServer, tmp_path: Path, copied: bool) -> None:
    """It has another session, an environment without the mark, and a parent that is no worker."""
    one = worker(server) if copied else uncopied(tmp_path)
    with pytest.raises(WorkerDied, match="its process exited with code 3 while counting"):
        ask(one, "daemon_and_end", str(tmp_path / "done"))
    (left,) = one.offspring()
    one.kill()
    assert not psutil.pid_exists(left) or psutil.Process(left).status() == psutil.STATUS_ZOMBIE


def test_a_process_that_it_forked_and_that_goes_on_is_its_end(server: ForkServer) -> None:
    one = worker(server)

    def ask_twice() -> None:
        ask(one, "both")
        wait([one.fileno()], 60.0)  # where the other answer came second
        ask(one, "facts")

    with pytest.raises(WorkerDied, match="went on with the work and answered too, while counting") as raised:
        ask_twice()
    assert raised.value.outcome == "answered wrongly"
    one.kill()
    assert one.offspring() == []


def test_one_that_closes_its_pipe_says_so(server: ForkServer) -> None:
    one = worker(server)
    with pytest.raises(WorkerDied, match="it closed or changed the pipe to assay while cou"):
        ask(one, "shut")
    one.kill()


def test_one_is_ended_as_soon_as_it_is_made(server: ForkServer) -> None:
    for _ in range(20):
        one = worker(server)
        one.kill()
        assert one._process.returncode == -9


def test_the_mark_of_each_is_its_own(server: ForkServer) -> None:
    one, other = worker(server), worker(server)
    assert ask(one, "facts") != ask(other, "facts")
    marks = [psutil.Process(each._process.pid).environ()[MARK] for each in (one, other)]
    assert marks == [one._token, other._token]
    one.kill()
    other.kill()


def test_what_it_prints_is_counted_by_itself(server: ForkServer) -> None:
    one, other = worker(server), worker(server)
    ask(one, "say")
    assert (one.printed(), other.printed()) == (11, 0)
    one.kill()
    other.kill()


def test_as_the_server_ends_so_do_its_copies(tmp_path: Path) -> None:
    made = ForkServer(WorkerEnvironment(folder=str(tmp_path)), 1, [TASK])
    one = worker(made)
    made.stop()
    one._process.wait(10)
    assert one._process.pid not in (each.pid for each in psutil.process_iter() if each.status() != "zombie")
    one.kill()


@pytest.mark.long
def test_without_a_server_that_can_copy_a_worker_is_started(tmp_path: Path) -> None:
    (tmp_path / "busy.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=[60]).start()\n"
    )
    paths = (str(tmp_path), *(path for path in sys.path if path))
    made = ForkServer(WorkerEnvironment(paths=paths, folder=str(tmp_path)), 1, [TASK, "busy"])
    one = Worker("fix it", Settings(), module=TASK, server=made)
    assert not isinstance(one._process, ForkedProcess)
    assert one.ask(CallFunction(function="os:getcwd", task="")).refusal is not None  # it answers
    one.kill()
    made.stop()
