"""Calls in child processes: answers and errors come back, and what the child does costs the call alone."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import psutil
import pytest

from assay.errors import AssayError, CorpusError, Unavailable
from assay.plugins import isolation
from assay.plugins.isolation import Call, Misbehaved, all_isolated
from assay.plugins.supervision import Channel


def asked(*functions: Callable[[Channel], object], timeout_s: float = 20.0) -> list[object]:
    calls = [Call(subject="plugin mine", stage="asking", function=function) for function in functions]
    return all_isolated(calls, timeout_s)


@pytest.mark.parametrize("value", [None, True, 1.5, "half a pair: \ud800", b"\x00\xff", ["a", {"b": (1,)}]])
def test_answers_come_back(value: object) -> None:
    assert asked(lambda channel: value) == [value]


def test_each_call_has_its_own_answer_in_order() -> None:
    assert asked(*(lambda channel, number=number: number for number in range(12))) == list(range(12))


def test_errors_come_back_as_what_they_were() -> None:
    def fail(channel: Channel) -> object:
        raise CorpusError("it is torn", remedy="glue it")

    def lack(channel: Channel) -> object:
        raise Unavailable("no GPU")

    torn, lacking, odd = asked(fail, lack, lambda channel: 1 / 0)
    assert isinstance(torn, CorpusError)
    assert (torn.message, torn.remedy) == ("it is torn", "glue it")
    assert isinstance(lacking, Unavailable)
    assert isinstance(odd, AssayError)
    assert odd.message.startswith("ZeroDivisionError: division by zero (test_isolation.py:")


def test_what_is_no_literal_is_misbehaviour() -> None:
    (answer,) = asked(lambda channel: threading.Lock())
    assert isinstance(answer, Misbehaved)
    assert answer.message == "its answer cannot be read"


def test_the_stage_is_that_in_which_it_ended() -> None:
    def leave(channel: Channel) -> object:
        channel.enter("the second part")
        os._exit(3)

    (answer,) = asked(leave)
    assert isinstance(answer, Misbehaved)
    assert (answer.message, answer.stage) == ("it ended the process with exit code 3", "the second part")


def test_lines_are_told_and_waiting_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "TELL_AFTER_S", 1e-9)

    def say(channel: Channel) -> object:
        channel.tell("it comes")
        return threading.Event().wait(0.1)

    assert asked(say) == [False]
    told = capsys.readouterr().err
    assert "assay: waiting for plugin mine (asking), at most 20 s each\n" in told
    assert "it comes\n" in told


def test_an_interrupt_of_the_host_ends_all_calls() -> None:
    before = psutil.Process().children(recursive=True)

    def stop(line: str) -> None:
        raise KeyboardInterrupt

    def wait(channel: Channel) -> object:
        channel.tell("here")
        return threading.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        all_isolated([Call(subject="mine", stage="asking", function=wait)], 60.0, stop)
    assert psutil.Process().children(recursive=True) == before


def test_what_a_plugin_writes_into_all_descriptors_is_not_told() -> None:
    def write(channel: Channel) -> object:
        channel.tell("one line")
        os.write(channel.told, b"garbage\n")
        return None

    told: list[str] = []
    assert all_isolated([Call(subject="mine", stage="asking", function=write)], 5.0, told.append) == [None]
    assert told == ["one line"]
