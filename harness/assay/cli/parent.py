"""The parent of a command: it holds the exit code, and tells of a command that ended without one.

It forks before anything is loaded. What a plugin does to the process of the command does not reach it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from mmap import mmap

from assay.cli import crash, interrupt, streams
from assay.plugins import calling

FROM_OUTSIDE = (*interrupt.SIGNALS, "SIGKILL")
LINGER_S = 30.0
MOST_TOLD = 1 << 16
DEATH_SIGNAL = 1  # of prctl(2)


def attend(command: Callable[[], int]) -> int:
    """Run a command in a child process, and end with its exit code; where processes cannot fork, run it here.

    Signals are passed on. The parent dies of the signal that ended the child, where that came from outside. A child
    that ended without an exit code of its own is exit code 70, with a sentence that names the plugin that was called.
    """
    streams.prepare()
    if not hasattr(os, "fork"):
        return _attempt(command)
    board = mmap(-1, calling.LENGTH)
    reading, writing = os.pipe()
    token = os.urandom(16)  # a plugin may write into every descriptor that is open
    child = os.fork()
    if child == 0:
        os.close(reading)
        calling.write_to(board)
        return _run(command, writing, token)
    os.close(writing)
    code, status = _wait(child, reading, token)
    if code is None and os.WIFSIGNALED(status):
        _die_alike(os.WTERMSIG(status))
    if code is None:
        sys.stderr.write(f"assay: error: {_without_verdict(status, calling.read_from(board))}\n")
        sys.stderr.flush()
    os._exit(crash.INTERNAL_ERROR if code is None else code)


def _run(command: Callable[[], int], writing: int, token: bytes) -> int:
    """Run the command in the child; tell its exit code before the process ends, which a plugin may delay."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    code = _attempt(command)
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
    with contextlib.suppress(OSError):
        os.write(writing, token + bytes((code & 0xFF,)))
    return code


def _attempt(command: Callable[[], int]) -> int:
    """Run the command here, and return its exit code, whatever happens."""
    signals = interrupt.Interrupt()
    signals.listen()
    try:
        return signals.code(command())
    except KeyboardInterrupt:
        return signals.code(interrupt.INTERRUPTED)
    except BaseException as error:
        return crash.report(error)


def _wait(child: int, reading: int, token: bytes) -> tuple[int | None, int]:
    """Wait for the child; return the exit code that it told, if it did, and its status.

    One that has told its code has some time to end, and is killed then.
    """
    waking, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    for name in interrupt.SIGNALS:
        number = getattr(signal, name)
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, frame: _pass_on(child, number))
    poll = select.poll()
    poll.register(waking, select.POLLIN)
    poll.register(reading, select.POLLIN)
    patience: float | None = None
    told = b""
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            told += os.read(reading, MOST_TOLD) if _can_read(reading) else b""
            return _code(told, token), status
        ready = poll.poll(None if patience is None else max(0.0, patience - time.monotonic()) * 1e3)
        for descriptor, _ in ready:
            if descriptor == waking:
                os.read(waking, 512)
            else:
                more = os.read(reading, MOST_TOLD)
                told = (told + more)[-MOST_TOLD:]
                if not more:
                    poll.unregister(reading)
                elif _code(told, token) is not None:
                    patience = time.monotonic() + LINGER_S
        if not ready:
            _pass_on(child, signal.SIGKILL)


def _code(told: bytes, token: bytes) -> int | None:
    """The exit code that stands after the token."""
    after = told.partition(token)[2]
    return after[0] if after else None


def _can_read(descriptor: int) -> bool:
    """Return whether there is something to read, or the end."""
    return bool(select.select([descriptor], [], [], 0)[0])


def _pass_on(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, number)


def _die_alike(number: int) -> None:
    """Die of a signal that was sent to the child from outside, as its parent's parent expects."""
    if number in [getattr(signal, name) for name in FROM_OUTSIDE]:
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def _without_verdict(status: int, called: str) -> str:
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    how = f"exited with code {os.WEXITSTATUS(status)}" if number is None else f"was killed by {_name(number)}"
    if called:
        return f"the process of this command {how} while {called} was called (leave it out with --block)"
    return f"the process of this command {how} before it was done (report it to assay)"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
