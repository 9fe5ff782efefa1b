"""Calls of plugins that are not first-party: each in a forked child, with a deadline, so that none harms the host."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path
from typing import IO, Any

from assay import errors
from assay.errors import AssayError, PluginFailed
from assay.plugins.supervision import DONE, MOST_PRINTED, TOLD, UNWRITTEN, Channel, supervise

TIMEOUT_S = 120.0  # of a step that may take long, such as reading a corpus
BRIEF_S = 20.0  # of one that should not, where --timeout is not given
AT_ONCE = 8
TELL_AFTER_S = 2.0
MOST_READ = 1 << 30
RAISED = ("AssayError", "CorpusError", "PluginFailed", "Unavailable", "WrongOutput")
FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<name>\S+)')


class Misbehaved(PluginFailed):
    """A plugin ended, hung or flooded the process in which it was called; `stage` is what it did then."""

    def __init__(self, message: str, stage: str, *, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.stage = stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of `function` for a plugin, named by `subject` for the user.

    The function receives the channel, by which it notes its stage, and returns a literal: text, numbers, lists.
    """

    subject: str
    stage: str
    function: Callable[[Channel], object]


def brief(timeout_s: float) -> float:
    """Return the deadline of a step that should not take long: 20 seconds, or another one that was asked for."""
    return BRIEF_S if timeout_s == TIMEOUT_S else timeout_s


def can_isolate() -> bool:
    """Return whether this system has what it takes; without it, plugins are called directly."""
    return hasattr(os, "fork")


def all_isolated(calls: Sequence[Call], timeout_s: float, tell: Callable[[str], object] | None = None) -> list[Any]:
    """Make several calls, some of them at the same time; for each return its answer, or an `AssayError`.

    What takes more than two seconds is named on standard error.
    """
    answers: dict[int, Any] = {}
    waiting, running = list(enumerate(calls)), dict[int, _Running]()
    tell_at = time.monotonic() + TELL_AFTER_S
    try:
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                place, call = waiting.pop(0)
                running[place] = _Running(call, timeout_s)
            patience = max(0.0, tell_at - time.monotonic()) if tell_at else None
            ready = _ready(running.values(), patience)
            for place, each in list(running.items()):
                if each.told in ready:
                    each.pass_on(tell or _print)
                if each.ended in ready:
                    each.pass_on(tell or _print)
                    answers[place] = running.pop(place).finish()
            if tell_at and time.monotonic() >= tell_at and running:
                _print(f"assay: waiting for {_listed(running.values())}, at most {timeout_s:g} s each")
                tell_at = 0.0
    finally:
        for each in running.values():
            each.abandon()
    return [answers[place] for place in range(len(calls))]


def _ready(running: Any, patience: float | None) -> set[int]:
    poll = select.poll()
    for each in running:
        poll.register(each.ended, select.POLLIN)
        if each.told is not None:
            poll.register(each.told, select.POLLIN)
    return {descriptor for descriptor, _ in poll.poll(None if patience is None else patience * 1e3)}


def _listed(running: Any) -> str:
    return "; ".join(f"{each.call.subject} ({each.channel.doing})" for each in running)


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class _Running:
    """A call that is being made."""

    def __init__(self, call: Call, timeout_s: float) -> None:
        self.call, self.timeout_s = call, timeout_s
        self._answer: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by _close
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self.ended, ended = os.pipe()
        hold, self._hold = os.pipe()
        told_here, told = os.pipe()
        self.told: int | None = told_here
        self.channel = Channel(
            answer=self._answer.fileno(),
            output=self._output.fileno(),
            ended=ended,
            hold=hold,
            told=told,
            stage=mmap(-1, 4096),
        )
        self.channel.enter(call.stage)
        self._pid = os.fork()
        if self._pid == 0:
            supervise(call.function, self.channel, timeout_s)
        for descriptor in (ended, hold, told):
            os.close(descriptor)

    def pass_on(self, tell: Callable[[str], object]) -> None:
        """Pass on the lines that have come."""
        if self.told is None:
            return
        lines = os.read(self.told, 1 << 16)
        if not lines:
            os.close(self.told)
            self.told = None
        for line in lines.decode("utf-8", "replace").splitlines():
            if line.startswith(TOLD):
                tell(line.removeprefix(TOLD))

    def finish(self) -> Any:
        """Return the answer, or what went wrong."""
        outcome = os.read(self.ended, 1 << 20)
        try:
            return self._result(json.loads(outcome) if outcome else {"fault": "killed"})
        except AssayError as error:
            return error
        finally:
            self._close()

    def abandon(self) -> None:
        """End the call at once."""
        os.close(self._hold)
        self._hold = -1
        os.read(self.ended, 1)
        self._close()

    def _close(self) -> None:
        for descriptor in (self.ended, self._hold, self.told):
            if descriptor is not None and descriptor >= 0:
                os.close(descriptor)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
        self._answer.close()
        self._output.close()
        self.channel.stage.close()

    def _result(self, outcome: dict[str, Any]) -> Any:
        fault = self._fault(outcome)
        answer = {} if fault else self._read()
        if threads := answer.get("threads"):
            fault = f"it left a thread running, for which the process would wait: {', '.join(map(str, threads))}"
        elif left := outcome.get("left"):
            fault = f"it left {len(left)} process(es) running: {'; '.join(left)}"
        if fault:
            slow = outcome.get("fault") == "timeout"
            remedy = "give it more time with --timeout" if slow else None
            raise Misbehaved(fault, self.channel.doing, remedy=remedy)
        if raised := answer.get("raised"):
            kind = getattr(errors, raised["kind"]) if raised["kind"] in RAISED else AssayError
            raise kind(raised["message"], remedy=raised["remedy"])
        return answer["value"]

    def _fault(self, outcome: dict[str, Any]) -> str | None:
        """What the plugin did to the process; None where it ended as it should."""
        fault, status = outcome["fault"], outcome.get("status", 0)
        if fault == "timeout":
            return f"it gave no answer for {self.timeout_s:g} s{self._place()}"
        if fault == "flood":
            return f"it printed more than {MOST_PRINTED / 1e6:g} MB"
        if fault is not None:
            return "the process that watched it was ended by somebody"
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
            return f"its process was killed by {name}{self._place()}"
        code = os.WEXITSTATUS(status)
        if code == UNWRITTEN:
            return "its answer cannot be written"
        if self.channel.doing != DONE and not (code == 0 and self._read(lenient=True).get("threads")):
            return f"it ended the process with exit code {code}"
        return None

    def _read(self, *, lenient: bool = False) -> dict[str, Any]:
        self._answer.seek(0)
        try:
            answer = ast.literal_eval(self._answer.read(MOST_READ).decode())
            if isinstance(answer, dict) and ("value" in answer or isinstance(answer.get("raised"), dict)):
                return answer
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            pass
        if lenient:
            return {}
        raise Misbehaved("its answer cannot be read", self.channel.doing)

    def _place(self) -> str:
        """The innermost line of Python at the end, where faulthandler wrote it."""
        self._output.seek(0)
        log = self._output.read(MOST_PRINTED).decode("utf-8", "replace")
        match = FRAME.search(log, max(0, log.rfind("most recent call first")))
        return f", in {match['name']} ({Path(match['file']).name}:{match['line']})" if match else ""
