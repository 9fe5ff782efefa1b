from __future__ import annotations

import random
import time

import psutil
import pytest

from benchmarks import load

PATIENCE_S = 30


def loaded() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "benchmarks.load" in child.cmdline()]


def test_the_load_is_there_inside_the_block_and_gone_after_it() -> None:
    with load.busy(4):
        kinds = [child.cmdline()[3] for child in loaded()]
        end = time.monotonic() + PATIENCE_S
        while not all(child.cpu_times().user > 0 for child in loaded()) and time.monotonic() < end:
            time.sleep(0.05)
        assert all(child.is_running() and child.cpu_times().user > 0 for child in loaded())
    assert kinds == ["spinning", "bursting", "copying", "spinning"]
    assert loaded() == []


def test_the_load_ends_with_an_error_in_the_block() -> None:
    def fail() -> None:
        with load.busy(1):
            assert len(loaded()) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert loaded() == []


def test_a_process_of_the_load_ends_when_its_parent_is_another() -> None:
    started = time.monotonic()
    load.main(["spinning", "1", "-1"])
    assert time.monotonic() - started < PATIENCE_S


def test_bursts_are_those_of_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(load, "spin", slept.append)
    monkeypatch.setattr(time, "sleep", slept.append)
    for _ in range(2):
        bursts = load.bursting(random.Random(7))
        for _ in range(6):
            next(bursts)
    assert slept[: len(slept) // 2] == slept[len(slept) // 2 :]
    assert len(set(slept)) > 4
    assert all(load.BURST_S[0] <= seconds <= load.BURST_S[1] for seconds in slept)
