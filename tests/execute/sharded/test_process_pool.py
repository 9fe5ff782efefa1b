"""The pool of processes: every task is answered once, whoever dies or hangs meanwhile."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

from assay.errors import AssayError
from assay.execute.sharded.local_executor import LocalExecutor
from assay.execute.sharded.process_pool import ProcessPool
from assay.plugins.executor import MOST_STARTS, ExecutorConfig

KILLS = 10 if os.environ.get("ASSAY_FULL") else 4


def slow(text: str) -> str:
    """Take a little time."""
    time.sleep(0.05)
    return text.upper()


def deadly(text: str) -> str:
    """Do what the text says."""
    if text == "exit":
        os._exit(7)
    if text == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if text == "hang":
        time.sleep(1_000)
    if text == "raise":
        raise ValueError("no such text")
    if text == "memory":
        return str(len(bytearray(1 << 33)))
    return text


def children() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
            found += [child] if "assay.execute.worker.task_main" in child.cmdline() else []
    return found


@pytest.mark.full
@pytest.mark.long
def test_workers_that_are_killed_in_mid_run_cost_starts_and_no_answer() -> None:
    """kill -9, over and over, whatever the worker is doing."""
    tasks = [f"task {number}" for number in range(12 * KILLS)]
    killed = 0
    found = {}
    with closing(ProcessPool(ExecutorConfig(workers=2))) as pool:
        for ended in pool.map(slow, tasks):
            found[ended.place] = ended
            if len(found) % 11 == 5 and killed < KILLS:
                children()[len(found) % 2].kill()
                killed += 1
    assert killed == KILLS
    assert {place: ended.result for place, ended in found.items()} == {
        place: task.upper() for place, task in enumerate(tasks)
    }
    assert 1 <= sum(ended.starts - 1 for ended in found.values()) <= KILLS
    assert children() == []


@pytest.mark.long
def test_a_task_that_ends_its_worker_is_lost_after_three_starts_and_no_other() -> None:
    tasks = ["a", "exit", "b", "kill", "raise", "memory", "c"]
    with closing(ProcessPool(ExecutorConfig(workers=2, memory_bytes=1 << 30))) as pool:
        found = {tasks[ended.place]: ended for ended in pool.map(deadly, tasks)}
    assert {task: ended.error for task, ended in found.items() if ended.error} == {
        "exit": "exited with code 7",
        "kill": "killed by SIGKILL",
        "raise": "ValueError: no such text (test_process_pool.py:38)",
        "memory": found["memory"].error,
    }
    assert str(found["memory"].error).startswith("MemoryError")
    assert (found["exit"].starts, found["kill"].starts, found["raise"].starts) == (MOST_STARTS, MOST_STARTS, 1)
    assert [found[task].result for task in "abc"] == ["a", "b", "c"]


@pytest.mark.long
def test_a_task_that_hangs_is_ended_when_its_time_is_up() -> None:
    with closing(ProcessPool(ExecutorConfig(workers=2, timeout_s=0.7))) as pool:
        found = {ended.place: ended for ended in pool.map(deadly, ["hang", "a", "b"])}
    assert (found[0].error, found[0].starts) == ("timed out", MOST_STARTS)
    assert [found[1].result, found[2].result] == ["a", "b"]


@pytest.mark.long
def test_closing_in_mid_run_leaves_nothing_behind() -> None:
    def endless() -> Iterator[str]:
        while True:
            yield "hang"

    pool = ProcessPool(ExecutorConfig(workers=2))
    answers = pool.map(deadly, ["a", *["hang"] * 9])
    assert next(answers).result == "a"
    pool.close()
    assert children() == []
    assert pool.label == "2 processes"
    assert ProcessPool(ExecutorConfig(workers=1)).label == "1 process"


def test_executors_refuse_what_they_have_no_use_for() -> None:
    with pytest.raises(AssayError, match="works on this machine, without a scheduler"):
        ProcessPool(ExecutorConfig(scheduler="tcp://127.0.0.1:8786"))
    with pytest.raises(AssayError, match="the executor local works alone"):
        LocalExecutor(ExecutorConfig(workers=2))
    assert Path(__file__).exists()
