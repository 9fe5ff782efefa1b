"""A forked child in which a plugin is called, and the process that watches it and ends whatever it leaves behind."""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import gc
import json
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path
from typing import NoReturn

from assay.errors import AssayError, reason_of

LONGEST_STAGE = 200
MOST_PRINTED = 1_000_000
GRACE_S = 1.0
REAP_S = 5.0
SHORTEST_WAIT_MS, LONGEST_WAIT_MS = 1.0, 20.0
DONE = "done"
TOLD = "told: "  # before each line for the user; a plugin that writes into all descriptors tells nothing
UNWRITTEN = 97  # the exit code of a child that could not write its answer
SUBREAPER, DEATH_SIGNAL = 36, 1  # of prctl(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What the host, the watching process and the child share.

    The files `answer` and `output` take what the plugin answers and prints. `stage` says what is being done, `ended`
    how it ended. The child is ended when `hold` is closed by the host. `told` takes lines for the user.
    """

    answer: int
    output: int
    ended: int
    hold: int
    told: int
    stage: mmap

    def enter(self, stage: str) -> None:
        """Note what the child does from now on."""
        text = stage.encode("utf-8", "replace")[:LONGEST_STAGE]
        self.stage[:LONGEST_STAGE] = text.ljust(LONGEST_STAGE, b"\0")

    def tell(self, line: str) -> None:
        """Pass a line on to the user, who sees it at once."""
        os.write(self.told, TOLD.encode() + line.replace("\n", " ").encode("utf-8", "replace") + b"\n")

    @property
    def doing(self) -> str:
        """What the child does, or did last."""
        return self.stage[:LONGEST_STAGE].rstrip(b"\0").decode("utf-8", "replace")


def supervise(function: Callable[[Channel], object], channel: Channel, timeout_s: float) -> NoReturn:
    """Call a function in a child of this process; write how the child ended, as JSON, and end.

    Runs in a process that the host has just forked. Nothing of the plugin runs in this one.
    """
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        _prctl(SUBREAPER, 1)
        _silence(channel.answer, channel.output, channel.ended, channel.hold, channel.told)
        child = os.fork()
        if child == 0:
            _call(function, channel, timeout_s)
        fault, status = _watch(child, channel, timeout_s)
        left = [] if fault else _left(child)
        _end_all()
        outcome = {"fault": fault, "status": status, "left": left}
        os.write(channel.ended, json.dumps(outcome).encode())
    finally:
        os._exit(0)


def _watch(child: int, channel: Channel, timeout_s: float) -> tuple[str | None, int]:
    """Wait for the child, the deadline, a flood, or the end of the host."""
    deadline = time.monotonic() + timeout_s
    hold = select.poll()
    hold.register(channel.hold, select.POLLIN)
    wait_ms = SHORTEST_WAIT_MS
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if os.fstat(channel.output).st_size > MOST_PRINTED:
            return "flood", status
        if ended:
            return None, status
        if time.monotonic() > deadline:
            return "timeout", 0
        if hold.poll(wait_ms):
            return "abandoned", 0
        wait_ms = min(wait_ms * 1.5, LONGEST_WAIT_MS)


def _left(child: int) -> list[str]:
    """The commands of the processes that the child left behind, which had a moment to end."""
    patience = time.monotonic() + GRACE_S
    while found := _descendants():
        if time.monotonic() > patience:
            return [_command(pid) for pid in found]
        _reap()
        time.sleep(0.005)
    return []


def _end_all() -> None:
    """Kill all descendants; those whose parents have died have become children of this process."""
    patience = time.monotonic() + REAP_S
    while _reap() and time.monotonic() < patience:
        for pid in _descendants():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def _reap() -> bool:
    """Bury the children that have ended, and return whether there are others."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return True
    return False


def _descendants() -> list[int]:
    """The living descendants of this process; where there is no /proc, none."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = entry.read_text("utf-8", "replace").rpartition(")")[2].split()
            if fields[0] not in "ZX":
                parents[int(entry.parent.name)] = int(fields[1])
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {os.getpid()})


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return "a process"
    own = Path("/proc/self/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    return "a fork of itself" if words == own else words.strip()[:LONGEST_STAGE]


def _call(function: Callable[[Channel], object], channel: Channel, timeout_s: float) -> NoReturn:
    """Call the function, write its answer as a literal, and end as a process does that nobody kills."""
    code = UNWRITTEN
    try:
        _prctl(DEATH_SIGNAL, signal.SIGKILL)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        gc.freeze()
        atexit._clear()  # what the host has to do at its end is not for this process
        os.dup2(channel.output, 1)
        os.dup2(channel.output, 2)
        _silence(1, 2, channel.answer, channel.told)
        _before = (sys.stdin, sys.stdout, sys.stderr)  # else their descriptors are closed
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", errors="replace", closefd=False, buffering=1)  # noqa: SIM115
        sys.stderr = open(2, "w", errors="replace", closefd=False, buffering=1)  # noqa: SIM115
        faulthandler.enable(2)
        faulthandler.dump_traceback_later(max(0.9 * timeout_s, timeout_s - 0.3), file=2)
        _write(channel.answer, _answer(function, channel))
        atexit._run_exitfuncs()
        channel.enter(DONE)
        code = 0
    finally:
        os._exit(code)


def _answer(function: Callable[[Channel], object], channel: Channel) -> dict[str, object]:
    try:
        answer: dict[str, object] = {"value": function(channel)}
    except AssayError as error:
        raised = {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy}
        answer = {"raised": raised}
    except BaseException as error:
        answer = {"raised": {"kind": "PluginFailed", "message": reason_of(error), "remedy": None}}
    if os.fstat(channel.answer).st_size:
        message = "it wrote to a file that it did not open"
        answer = {"raised": {"kind": "PluginFailed", "message": message, "remedy": None}}
    channel.enter("ending")
    if threads := [*_lasting_threads()]:
        answer["threads"] = threads
        _write(channel.answer, answer)
        os._exit(0)
    return answer


def _lasting_threads() -> Iterable[str]:
    """Yield the names of threads for which the process would wait, and which go on."""
    for function in reversed(getattr(threading, "_threading_atexits", ())):  # it ends those of concurrent.futures
        function()
    patience = time.monotonic() + GRACE_S
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join(max(0.0, patience - time.monotonic()))
            if thread.is_alive():
                yield thread.name


def _write(descriptor: int, answer: dict[str, object]) -> None:
    content = memoryview(repr(answer).encode())  # json may be what the plugin has broken
    os.ftruncate(descriptor, 0)
    written = 0
    while written < len(content):
        written += os.pwrite(descriptor, content[written:], written)


def _silence(*kept: int) -> None:
    """Have every other descriptor lead nowhere; its number stays taken, so that nobody else closes a new file."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    folder = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
    for name in os.listdir(folder):  # noqa: PTH208 -- a path for each is of no use
        if int(name) not in (*kept, nowhere):
            with contextlib.suppress(OSError):
                os.fstat(int(name))
                os.dup2(nowhere, int(name))


def _prctl(option: int, value: int) -> None:
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
