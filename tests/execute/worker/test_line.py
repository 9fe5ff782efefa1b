"""The two ends of a pipe: what comes through it is an answer, or the end of a worker that says why."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from assay.execute.worker.line import HostEnd, PipeReplaced, WorkerEnd
from assay.execute.worker.protocol import HEADER, STRAY, Answer, BrokenAnswer, pack_answer
from assay.execute.worker.requests import CallFunction, TakeSample
from assay.records.refusal import Refusal
from assay.records.results import Sample

KNOWN = {"TakeSample": TakeSample, "CallFunction": CallFunction}
SAMPLE = TakeSample(operation="encode", iterations=1)
ONE = Answer(Sample(iterations=1, wall_ns=1, cpu_ns=1))
WAIT_S = 5.0
SHORT_S = 0.05

Line = tuple[HostEnd, WorkerEnd]


@pytest.fixture
def line() -> Iterator[Line]:
    host = HostEnd()
    yield host, WorkerEnd(host.theirs)
    host.close()
    with contextlib.suppress(OSError):
        os.close(host.theirs)


def asked(line: Line) -> int:
    """Ask for a sample, and return the number that the worker was given."""
    host, worker = line
    host.post(SAMPLE, WAIT_S)
    assert worker.receive(KNOWN) == SAMPLE
    return worker._number


def test_one_request_after_the_other_has_its_answer(line: Line) -> None:
    host, worker = line
    for _ in range(3):
        asked(line)
        assert not host.arrived()
        worker.send(ONE)
        assert host.arrived()
        assert host.collect(0.0) == ONE


def test_messages_larger_than_the_pipe(line: Line) -> None:
    host, worker = line
    refusal = Refusal(reason="字" * 1_000_000)
    received = []

    def serve() -> None:
        received.append(worker.receive(KNOWN))
        worker.send(Answer(refusal=refusal))

    thread = threading.Thread(target=serve)
    thread.start()
    request = CallFunction(function="a:b", task="b" * 3_000_000)
    for_ever = float(2**31)  # the time of a pool's process
    host.post(request, for_ever)
    assert host.collect(for_ever).refusal == refusal
    thread.join()
    assert received == [request]


def test_an_answer_that_was_sent_is_read_after_the_worker_has_gone(line: Line) -> None:
    host, worker = line
    asked(line)
    worker.send(ONE)
    os.close(host.theirs)
    assert host.collect(WAIT_S) == ONE
    host.post(SAMPLE, WAIT_S)
    with pytest.raises(EOFError):
        host.collect(WAIT_S)


def test_a_worker_whose_pipe_lives_on_in_another_process_has_gone() -> None:
    """As a process that a plugin forked holds it open."""
    host = HostEnd()
    kept = os.dup(host.theirs)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        host.watch(process.pid)
        os.write(kept, b"123")
        host.post(SAMPLE, WAIT_S)
        with pytest.raises(TimeoutError):
            host.collect(SHORT_S)
        process.kill()
        with pytest.raises(EOFError):
            host.collect(60.0)
    os.close(kept)
    host.close()


def test_a_host_that_has_gone(line: Line) -> None:
    host, worker = line
    asked(line)
    host.close()
    with pytest.raises(EOFError):
        worker.send(ONE)
    with pytest.raises(EOFError):
        worker.receive(KNOWN)


WRITES: dict[str, tuple[Callable[[int], bytes], str]] = {
    "garbage": (lambda number: b"garbage\n{}\n" * 3, "it wrote b'garbage\\\\n' to the pipe"),
    "nothing but zeros": (lambda number: bytes(100), "to the pipe that its answers come through"),
    "another number": (lambda number: pack_answer(number + 1, ONE), "to the pipe that its answers come through"),
    "an answer once more": (lambda number: pack_answer(number, ONE) * 2, "it answered twice"),
    "negative length": (lambda number: HEADER.pack(number, 2**64 - 4), "its answer has 18,446,744,073,709,551,612"),
    "too long": (lambda number: HEADER.pack(number, 2**32), "its answer has 4,294,967,296 bytes, and 67,108,864"),
    "a copy that went on": (lambda number: HEADER.pack(STRAY, 0), "a process that it forked went on"),
    "another form": (lambda number: HEADER.pack(number, 2) + b"[]", "its answer is not a value and a refusal"),
}


@pytest.mark.parametrize("name", WRITES)
def test_what_a_plugin_writes_itself_is_no_answer(line: Line, name: str) -> None:
    host, _ = line
    write, reason = WRITES[name]
    os.write(host.theirs, write(asked(line)))
    if name == "an answer once more":
        assert host.collect(WAIT_S) == ONE
        host.post(SAMPLE, WAIT_S)
    assert host.arrived()
    with pytest.raises(BrokenAnswer, match=reason):
        host.collect(WAIT_S)


@pytest.mark.parametrize("sent", [1, HEADER.size, HEADER.size + 5])
def test_the_time_is_that_of_the_whole_answer(line: Line, sent: int) -> None:
    host, _ = line
    os.write(host.theirs, pack_answer(asked(line), ONE)[:sent])
    assert not host.arrived()
    with pytest.raises(TimeoutError):
        host.collect(SHORT_S)
    assert host.begun


def test_an_answer_byte_by_byte_does_not_lengthen_the_time(line: Line) -> None:
    host, _ = line
    number = asked(line)

    def trickle() -> None:
        for byte in HEADER.pack(number, 10_000) + b" " * 10_000:
            try:
                os.write(host.theirs, bytes([byte]))
            except OSError:
                return
            time.sleep(SHORT_S / 10)

    thread = threading.Thread(target=trickle)
    thread.start()
    with pytest.raises(TimeoutError):
        host.collect(SHORT_S * 4)
    host.close()
    thread.join()


def test_a_request_that_nobody_reads_takes_its_time_only(line: Line) -> None:
    host, _ = line
    host.post(CallFunction(function="a:b", task="b" * 10_000_000), SHORT_S)
    with pytest.raises(TimeoutError):
        host.collect(60.0)


@pytest.mark.parametrize("replaced", [False, True])
def test_a_worker_knows_that_its_pipe_was_closed_or_replaced(line: Line, replaced: bool) -> None:
    host, worker = line
    asked(line)
    os.close(host.theirs)
    if replaced:
        reader, writer = os.pipe()
        os.dup2(writer, host.theirs)
    with pytest.raises(PipeReplaced):
        worker.send(ONE)
    if replaced:
        os.close(reader)
        os.close(writer)


def test_numbers_of_two_lines_differ() -> None:
    ends = [HostEnd(), HostEnd()]
    assert ends[0]._number != ends[1]._number
    for end in ends:
        os.close(end.theirs)
        end.close()
