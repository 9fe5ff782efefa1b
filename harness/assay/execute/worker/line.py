"""The two ends of the pipe between the host and a worker: whole messages only, each within its time."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import socket
import time
from typing import Any

from assay.execute.worker.protocol import (
    HEADER,
    MOST_BYTES,
    STRAY,
    Answer,
    BrokenAnswer,
    Request,
    Requests,
    pack_answer,
    pack_request,
    pack_stray,
    read_answer,
    read_request,
)

PART_BYTES, MOST_PART_BYTES = 1 << 12, 1 << 20
MOST_WAIT_S = 1e6  # more milliseconds are not a number that poll takes
NUMBER_BYTES, NUMBER_BITS = 8, 62


class PipeReplaced(Exception):
    """A plugin closed the worker's end of the pipe, changed it, or put another file in its place."""


class HostEnd:
    """The host's end, which never waits longer than it is told.

    The numbers of requests begin anywhere, so that what a plugin writes into the pipe is not taken for an answer.
    """

    def __init__(self) -> None:
        """Make a pipe; `theirs` is the end of the worker, to be closed here once the worker has it."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._descriptor, self.theirs = ours.detach(), theirs.detach()
        self._watched: int | None = None
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)
        self._first = self._number = 1 + secrets.randbits(NUMBER_BITS)
        self._request: Request[Any] | None = None
        self._read = bytearray()
        self._wanted = 0
        self._ended = self._unsent = False
        self._fault: BrokenAnswer | None = None

    def watch(self, pid: int) -> None:
        """Take the end of a process for that of the line, also where another process holds the other end open."""
        os.close(self.theirs)
        if hasattr(os, "pidfd_open"):
            with contextlib.suppress(OSError):
                self._watched = os.pidfd_open(pid)
                self._poll.register(self._watched, select.POLLIN)

    def fileno(self) -> int:
        """Return the descriptor, which can be read when a part of an answer is there, or its end."""
        return self._descriptor

    def post(self, request: Request[Any], wait_s: float) -> None:
        """Send a request; what cannot be sent within so many seconds is never answered."""
        self._number += 1
        self._request = request
        message = pack_request(self._number, request)
        with contextlib.suppress(OSError):
            sent = self._write(message)
            if sent < len(message):  # a long one, or the worker does not read
                self._write_rest(memoryview(message)[sent:], time.monotonic() + wait_s)

    def _write(self, message: bytes | memoryview) -> int:
        try:
            return os.write(self._descriptor, message)
        except BlockingIOError:
            return 0

    def _write_rest(self, rest: memoryview, until: float) -> None:
        room = select.poll()
        room.register(self._descriptor, select.POLLOUT)
        while rest:
            if not room.poll(_milliseconds(until - time.monotonic())):
                self._unsent = True
                return
            rest = rest[self._write(rest) :]

    def arrived(self) -> bool:
        """Read what is there; return whether `collect` would have something to say without waiting."""
        while not self._over():
            try:
                part = os.read(self._descriptor, _part(self._wanted - len(self._read)))
            except BlockingIOError:
                return False
            except OSError:
                part = b""
            self._ended = not part
            self._read += part
        return True

    def collect(self, wait_s: float) -> Answer[Any]:
        """Return the answer to the last request.

        Raises EOFError when the worker has gone, TimeoutError when the answer is not complete in so many seconds, and
        `BrokenAnswer` for what is not an answer to it.
        """
        left_s = 0.0 if self._unsent else wait_s
        until: float | None = None
        while not self._over():
            if until is not None:
                left_s = until - time.monotonic()
            until = until or time.monotonic() + left_s
            events = self._poll.poll(_milliseconds(left_s))
            if not events:
                raise TimeoutError
            if not self.arrived() and all(descriptor == self._watched for descriptor, _ in events):
                self._ended = True  # and what it sent before was read
        if self._fault is not None:
            raise self._fault
        if not 0 < self._wanted <= len(self._read):
            raise EOFError
        text = bytes(self._read[HEADER.size : self._wanted])
        del self._read[: self._wanted]
        self._wanted = 0
        assert self._request is not None, "a request is posted first"
        return read_answer(text, self._request)

    @property
    def begun(self) -> bool:
        """Whether a part of an answer has come."""
        return bool(self._read)

    def close(self) -> None:
        """Close this end."""
        for descriptor in (self._descriptor, self._watched):
            if descriptor is not None:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        self._descriptor, self._watched, self._ended = -1, None, True

    def _over(self) -> bool:
        """Whether a whole message was read, or none will be; a wrong one is known by its first bytes."""
        if not self._wanted and len(self._read) >= HEADER.size:
            number, size = HEADER.unpack_from(self._read)
            self._wanted = HEADER.size + size
            if number == STRAY:
                self._fault = BrokenAnswer("a process that it forked went on with the work and answered too")
            elif self._first < number < self._number:
                self._fault = BrokenAnswer("it answered twice, as it does where a process that it forked goes on too")
            elif number != self._number:
                read = bytes(self._read[:NUMBER_BYTES])
                self._fault = BrokenAnswer(f"it wrote {read!r} to the pipe that its answers come through")
            elif size > MOST_BYTES:
                self._fault = BrokenAnswer(f"its answer has {size:,} bytes, and {MOST_BYTES:,} are the most")
        return self._ended or self._fault is not None or 0 < self._wanted <= len(self._read)


class WorkerEnd:
    """The end of a worker, which waits for the host as long as it takes."""

    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)
        self._descriptor = descriptor
        self._identity = _identity(descriptor)
        self._number = 0
        self._read = bytearray()

    def receive(self, known: Requests) -> Request[Any]:
        """Wait for one of the known requests; raise EOFError when the host has gone."""
        self._read_to(HEADER.size)
        self._number, size = HEADER.unpack_from(self._read)
        whole = HEADER.size + size
        self._read_to(whole)
        text = bytes(self._read[HEADER.size : whole])
        del self._read[:whole]
        return read_request(text, known)

    def send(self, answer: Answer[Any]) -> None:
        """Answer the last request; raise EOFError when the host has gone."""
        self._send(pack_answer(self._number, answer))

    def send_stray(self) -> None:
        """Report to the host that its worker forked this process."""
        self._send(pack_stray())

    def _send(self, message: bytes) -> None:
        try:
            if _identity(self._descriptor) != self._identity:
                raise PipeReplaced
            sent = os.write(self._descriptor, message)
            while sent < len(message):
                sent += os.write(self._descriptor, memoryview(message)[sent:])
        except ConnectionError:
            raise EOFError from None
        except OSError:
            raise PipeReplaced from None

    def _read_to(self, size: int) -> None:
        while len(self._read) < size:
            try:
                part = os.read(self._descriptor, _part(size - len(self._read)))
            except ConnectionError:
                part = b""
            except OSError:
                raise PipeReplaced from None
            if not part:
                raise EOFError
            self._read += part


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


def _milliseconds(seconds: float) -> float:
    return min(max(0.0, seconds), MOST_WAIT_S) * 1e3


def _part(wanted: int) -> int:
    return min(max(PART_BYTES, wanted), MOST_PART_BYTES)
