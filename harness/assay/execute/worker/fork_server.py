"""Workers that are copies of a process which has imported their modules already: cheap to start, and fresh."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path

from assay.execute.worker.environment import MARK, WorkerEnvironment
from assay.execute.worker.process_tree import new_token

MODULE = "assay.execute.worker.fork_server_main"
MOST_BYTES = 1 << 10
MODULES = ("assay.execute.worker.main",)
TORCH = ("torch", "assay.execute.worker.judge", "assay.measure.attention_subject", "assay.measure.pipeline_subject")
SERVERS = 3  # of one kind, which take turns
PADDING_STEP = 1_104  # bytes; no multiple of a cache line or a page


@dataclass(slots=True, eq=False)
class ForkedProcess:
    """A copy of the server's process; it has what is used here of `subprocess.Popen`."""

    server: ForkServer
    pid: int
    returncode: int | None = None
    _ended: int = field(init=False)

    def __post_init__(self) -> None:
        self._ended = os.pidfd_open(self.pid)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raise `subprocess.TimeoutExpired` after so many seconds."""
        if self.returncode is None:
            ready = select.poll()
            ready.register(self._ended, select.POLLIN)
            if not ready.poll(None if timeout is None else timeout * 1e3):
                raise subprocess.TimeoutExpired([MODULE], timeout or 0.0)
            os.close(self._ended)
            self.returncode = self.server.reap(self.pid)
        return self.returncode


class ForkServer:
    """A process that has imported modules and makes copies of itself, all with its hash seed and its memory layout.

    A process that has imported torch is copied in some 20 ms, where importing takes one to three seconds.
    """

    def __init__(self, environment: WorkerEnvironment, threads: int, modules: Sequence[str]) -> None:
        """Start the process; it imports the modules while the host goes on."""
        self._folder = environment.folder
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [environment.python, "-P", "-m", MODULE, str(theirs.fileno()), MARK, *modules],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            env=environment.variables(threads, new_token()),
            cwd=environment.folder,
        )
        theirs.close()

    def start(self, module: str, token: str, memory: int, files: Sequence[int]) -> ForkedProcess | None:
        """Return a copy that runs `main` of a module; None where it cannot be made.

        `files` are its end of the pipe to the host, its standard output and its standard error.
        """
        request = {"module": module, "mark": token, "memory": memory, "folder": self._folder or str(Path.cwd())}
        if hasattr(os, "sched_getaffinity"):
            request["cores"] = sorted(os.sched_getaffinity(0))
        with contextlib.suppress(OSError, ValueError):
            socket.send_fds(self._line, [json.dumps(request).encode()], list(files))
            child = json.loads(self._line.recv(MOST_BYTES) or b"null")
            return None if child is None else ForkedProcess(self, child)
        return None

    def keep_to(self, cores: Set[int]) -> None:
        """Keep the server to some cores; its copies use all that this process may use."""
        with contextlib.suppress(OSError):
            os.sched_setaffinity(self._process.pid, cores)

    def reap(self, pid: int) -> int:
        """Return the exit code of a copy that has ended, negative for a signal."""
        try:
            self._line.send(json.dumps({"wait": pid}).encode())
            return int(json.loads(self._line.recv(MOST_BYTES)))
        except (OSError, ValueError):  # the server was ended, and its copies with it
            return -signal.SIGKILL

    def stop(self) -> None:
        """End the process, and with it every copy that still lives."""
        self._line.close()
        self._process.kill()
        self._process.wait()


class ForkServers:
    """The fork servers of a side, some with torch in them; each is started when it is first asked for.

    Servers of different numbers differ in their hash seed and in where their stack lies.
    """

    def __init__(self, environment: WorkerEnvironment, threads: int) -> None:
        self._environment = environment
        self._threads = threads
        self._servers: dict[tuple[int, bool], ForkServer] = {}

    def get(self, number: int, *, torch: bool) -> ForkServer | None:
        """Return the server of a number; None where processes cannot be copied: elsewhere than on Linux."""
        if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
            return None
        if (number, torch) not in self._servers:
            environment = replace(
                self._environment,
                seed=(self._environment.seed + number) % 2**32,
                padding=self._environment.padding + number * PADDING_STEP,
            )
            modules = (*TORCH, *MODULES) if torch else MODULES
            self._servers[number, torch] = ForkServer(environment, self._threads, modules)
        return self._servers[number, torch]

    def prepare(self, count: int, spare: int | None, *, at_once: bool) -> None:
        """Have so many servers import torch meanwhile, on other cores than the spare one where there are any.

        The first is needed `at_once`, or may take its time as well.
        """
        cores = os.sched_getaffinity(0) - {spare} if hasattr(os, "sched_getaffinity") else set()
        for number in range(count):
            server = self.get(number, torch=True)
            if server is not None and cores and spare is not None and (number or not at_once):
                server.keep_to(cores)

    def stop(self) -> None:
        """End all servers, and with them every copy that still lives."""
        for server in self._servers.values():
            server.stop()
        self._servers = {}
