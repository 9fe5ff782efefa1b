"""Processes as /proc tells them; this one and a child are there."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from assay.execute.worker.process_tree import Process, alive, descendants, mark_process, moment, new_token, processes

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")


def process(pid: int, parent: int) -> Process:
    return Process(pid, parent, 0, ended=False, cpu_s=0.0, waited_cpu_s=0.0)


def test_descendants_are_children_and_theirs() -> None:
    tree = [process(pid, parent) for pid, parent in [(2, 1), (3, 2), (4, 3), (5, 1), (6, 5)]]
    assert descendants(2, tree) == {3, 4}
    assert descendants(1, tree) == {2, 3, 4, 5, 6}
    assert descendants(4, tree) == set()
    assert descendants(7, [process(7, 7)]) == {7}  # a circle ends


@on_linux
def test_a_child_is_found_until_it_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env={"MINE": "1"}) as child:
        (found,) = (each for each in processes() if each.pid == child.pid)
        assert (found.parent, found.ended) == (os.getpid(), False)
        assert child.pid in descendants(os.getpid(), processes())
        assert alive([found]) == [child.pid]
        assert alive([replace(found, began=found.began - 1)]) == []  # another process had this id
        child.kill()
    assert alive([found]) == []
    assert found.environment() == set()


@on_linux
def test_the_time_of_children_counts_when_they_were_waited_for() -> None:
    def own() -> Process:
        return next(each for each in processes() if each.pid == os.getpid())

    before = own()
    work = "import time\nend = time.process_time() + 0.05\nwhile time.process_time() < end: pass"
    subprocess.run([sys.executable, "-c", work], check=True)
    assert own().waited_cpu_s >= before.waited_cpu_s + 0.04
    assert own().cpu_s >= before.cpu_s


@on_linux
def test_the_mark_of_a_limit_is_left_where_the_environment_is_not() -> None:
    token, began = new_token(), moment()
    with subprocess.Popen(
        ["sleep", "60"], env={}, start_new_session=True, preexec_fn=lambda: mark_process(token)
    ) as child:
        (found,) = (each for each in processes() if each.pid == child.pid)
        assert found.began >= began
        assert found.marked(token)
        assert not found.marked(new_token())
        child.kill()
    assert not found.marked(token)
    assert len({len(new_token()) for _ in range(20)}) == 1


@on_linux
def test_a_token_can_be_set_under_the_mark_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda kind: (1_000, 1_000))
    assert all(int(new_token(), 16) < 1_000 for _ in range(20))
