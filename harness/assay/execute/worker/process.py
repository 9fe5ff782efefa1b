"""A worker process, as the host sees it: started, asked, watched, and never left behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from time import clock_gettime_ns
from typing import Any, TypeVar

from assay.environment.describe import available_memory
from assay.execute.worker.environment import MARK, WorkerEnvironment
from assay.execute.worker.fork_server import ForkServer
from assay.execute.worker.line import HostEnd
from assay.execute.worker.process_tree import (
    Process,
    alive,
    descendants,
    ended_for_memory,
    moment,
    new_token,
    processes,
)
from assay.execute.worker.protocol import Answer, BrokenAnswer, Request
from assay.execute.worker.requests import Stop
from assay.execute.worker.serve import PIPE_REPLACED
from assay.records.settings import Settings
from assay.records.temporary import temporary_folder

BENCH = "assay.execute.worker.main"
STACKS = ("Fatal Python error", "most recent call first")
GRACE_S = 5.0
CPU_CLOCK = 2  # of another process on Linux, see clock_getcpuclockid(3)
DUMP_S = 0.5
A = TypeVar("A")
FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<name>\S+)')


class WorkerDied(Exception):
    """The worker is gone, or was ended: how and, where it is known, in which line of code.

    `outcome` has it in a few words. One that was `killed` was ended by SIGKILL and not for memory: by somebody else,
    or by its plugin.
    """

    def __init__(self, outcome: str, reason: str, remedy: str, *, killed: bool = False) -> None:
        super().__init__(reason)
        self.outcome, self.reason, self.remedy, self.killed = outcome, reason, remedy, killed


class Worker:
    """One process that measures the cases of one plugin, warm from its first case to its last."""

    def __init__(
        self,
        remedy: str,
        settings: Settings,
        environment: WorkerEnvironment | None = None,
        module: str = BENCH,
        server: ForkServer | None = None,
    ) -> None:
        """Start the process; it imports while the host goes on.

        `remedy` is advice for when the plugin fails, `module` what the process runs. It is a copy of a `server`, in
        whose environment it runs then, where one is given and can make copies.
        """
        self.remedy = remedy
        self.settings = settings
        self.memory = settings.memory_bytes or int(available_memory() * 0.8)
        self._token = new_token()
        self._folder = temporary_folder()
        self._log = Path(self._folder.name, "stderr")
        self._out = Path(self._folder.name, "stdout")
        self._printed = 0
        self._request: Request[Any]
        self._line = HostEnd()
        self._began, self._ended_for_memory = moment(), ended_for_memory()
        with self._log.open("wb") as log, self._out.open("wb") as out:
            files = (self._line.theirs, out.fileno(), log.fileno())
            copy = None if server is None else server.start(module, self._token, self.memory, files)
            self._process = copy or self._started(module, environment or WorkerEnvironment(seed=settings.seed), files)
        self._line.watch(self._process.pid)

    def _started(self, module: str, environment: WorkerEnvironment, files: Sequence[int]) -> subprocess.Popen[bytes]:
        descriptor, out, log = files
        return subprocess.Popen(
            [environment.python, "-P", "-m", module, str(descriptor), str(self.memory)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=log,
            pass_fds=[descriptor],
            start_new_session=True,
            env=environment.variables(self.settings.threads, self._token),
            cwd=environment.folder,
        )

    def ask(self, request: Request[A]) -> Answer[A]:
        """Have the worker take a step; raise `WorkerDied` when it dies or gives no answer in time."""
        self.post(request)
        return self.collect()

    def post(self, request: Request[Any]) -> None:
        """Have the worker begin a step; `collect` gives the answer, also that it could not begin."""
        self._request = request
        self._line.post(request, self.settings.timeout_s)

    def fileno(self) -> int:
        """Return the end of the line, which can be read when there is a part of an answer or the worker is gone."""
        return self._line.fileno()

    def arrived(self) -> bool:
        """Whether `collect` has something to say at once: an answer, or that there will be none."""
        return self._line.arrived()

    def collect(self, wait_s: float | None = None) -> Answer[Any]:
        """Wait for the answer to the last request; raise `WorkerDied` when the worker dies or gives none in time.

        The time is that of the settings, or so many seconds where the worker had its time already. It is that of the
        whole answer. A worker that answers anything else is dead for the host, since nothing can be told from it.
        """
        try:
            return self._line.collect(self.settings.timeout_s if wait_s is None else wait_s)
        except EOFError:
            raise self._died() from None
        except TimeoutError:
            raise self._hung() from None
        except BrokenAnswer as error:
            raise WorkerDied("answered wrongly", f"{error}, while {self._request.doing}", self.remedy) from None

    def stop(self) -> None:
        """End the process and every process that it started; ask first, so that it can clean up."""
        self._line.post(Stop(), GRACE_S)
        with contextlib.suppress(EOFError, TimeoutError, BrokenAnswer):
            self._line.collect(GRACE_S)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_S)
        self.kill()

    def kill(self) -> None:
        """End the process and every process that it started, at once; none of them lives when this returns."""
        known = self._others()  # some can be told by their parent only as long as that lives
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._process.returncode is None:  # a copy that has just been made has no group of its own yet
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
        # The kernel ends a process some time after it was told to, on a busy machine a good while.
        patience = time.monotonic() + GRACE_S
        while (started := {*self.offspring(), *alive(known)}) and time.monotonic() < patience:
            for pid in started:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        self._process.wait()
        self._line.close()
        self._folder.cleanup()

    def offspring(self) -> list[int]:
        """The living processes that the worker started, also those that left its process group.

        They are known by their parents, or by a mark that they inherited: in their environment, and in a limit, which
        is left where the environment is not and the worker has died. Where there is no /proc, none is known.
        """
        return [process.pid for process in self._others() if not process.ended]

    def other_cpu_seconds(self) -> tuple[float, int]:
        """Return the CPU seconds of all processes that the worker started, and how many of them there are now.

        Those that ended count where their parent has waited for them.
        """
        everything = {process.pid: process for process in processes()}
        own, others = everything.get(self._process.pid), self._others(tuple(everything.values()))
        waited = 0.0 if own is None else own.waited_cpu_s
        return waited + sum(each.cpu_s + each.waited_cpu_s for each in others), len(others)

    def cpu_ns(self) -> int | None:
        """Read the CPU clock of the process from outside, in nanoseconds; None where that cannot be."""
        try:
            return clock_gettime_ns(~self._process.pid << 3 | CPU_CLOCK)
        except (OSError, ValueError):
            return None

    def _others(self, everything: Sequence[Process] | None = None) -> list[Process]:
        mark = f"{MARK}={self._token}".encode()
        found = processes() if everything is None else everything
        below = descendants(self._process.pid, found)
        return [
            process
            for process in found
            if process.pid != self._process.pid
            and (
                process.pid in below
                or (process.began >= self._began and (mark in process.environment() or process.marked(self._token)))
            )
        ]

    def printed(self) -> int:
        """How many bytes were written to standard output since this was last asked."""
        try:
            size = self._out.stat().st_size
        except OSError:  # a plugin removed the folder
            return 0
        new, self._printed = size - self._printed, size
        return new

    def _died(self) -> WorkerDied:
        try:
            code = self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            reason = f"it closed the pipe to assay while {self._request.doing}"
            return WorkerDied("hung up", reason, self.remedy)
        if code == PIPE_REPLACED:
            reason = f"it closed or changed the pipe to assay while {self._request.doing}"
            return WorkerDied("hung up", reason, self.remedy)
        if code >= 0:
            outcome = f"exited with code {code}"
            return WorkerDied(outcome, f"its process {outcome} while {self._request.doing}", self.remedy)
        name = signal.Signals(-code).name
        outcome = f"killed by {name}"
        reason = f"its process was {outcome} while {self._request.doing}{self._place()}"
        killed = name == "SIGKILL" and ended_for_memory() == self._ended_for_memory
        if killed:
            reason += ", by itself or from outside"
        elif name == "SIGKILL":
            reason += f", probably for memory (limit {self.memory / 2**30:.1f} GiB)"
        return WorkerDied(outcome, reason, self.remedy, killed=killed)

    def _hung(self) -> WorkerDied:
        """Have the hung worker write its stack (by faulthandler, which needs no cooperation)."""
        for pid in (self._process.pid, *self.offspring()):  # of a copy it is the copy that hangs
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGUSR1)
            time.sleep(DUMP_S)
        what = "did not complete its answer in" if self._line.begun else "gave no answer for"
        reason = f"it {what} {self.settings.timeout_s:g} s while {self._request.doing}{self._place()}"
        return WorkerDied("timed out", reason, f"{self.remedy}; --timeout allows more time")

    def _place(self) -> str:
        """The innermost line of the last stack in the log."""
        try:
            log = self._log.read_text("utf-8", "replace")
        except OSError:
            return ""
        match = FRAME.search(log, max(0, *(log.rfind(mark) for mark in STACKS)))
        return f", in {match['name']} ({Path(match['file']).name}:{match['line']})" if match else ""
