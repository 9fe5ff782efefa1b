"""The loop of a worker process: takes one request after the other, and answers each, whatever the plugin does."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from assay.errors import AssayError, guard
from assay.execute.worker.environment import MARK
from assay.execute.worker.line import PipeReplaced, WorkerEnd
from assay.execute.worker.process_tree import mark_process
from assay.execute.worker.protocol import Answer, Request
from assay.execute.worker.requests import Fork, Join, Stop
from assay.measure.timer import uncollected
from assay.records.refusal import Refusal

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
JOINED = 78  # the exit code of a copy that was joined: with any other one, 0 too, its process ends as well
PIPE_REPLACED = 79  # the exit code of a worker that cannot answer any more
Handlers = Mapping[type[Request[Any]], Callable[[Any], object]]


def refuse(error: AssayError) -> Answer[Any]:
    """Answer with an error."""
    return Answer(refusal=Refusal.of(error))


def serve(
    descriptor: int,
    memory: int,
    handlers: Handlers,
    refuse: Callable[[AssayError], Answer[Any]] = refuse,
    *,
    collect: bool = False,
) -> None:
    """Answer the host until it says stop or goes away, each request by the handler of its class.

    `descriptor` is this process's end of a pipe; it may take so many bytes of `memory`, 0 for any. Garbage is
    collected between requests, and within them only where they do not time anything: with `collect`.
    """
    around = nullcontext if collect else uncollected
    die_with_parent()
    adopt_orphans()
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the host's to handle
    mark_process(os.environ[MARK])  # before a plugin is loaded
    line = WorkerEnd(descriptor)
    try:
        _loop(line, memory, handlers, refuse, around)
    except EOFError:
        return
    except PipeReplaced:
        os._exit(PIPE_REPLACED)


def _loop(
    line: WorkerEnd,
    memory: int,
    handlers: Handlers,
    refuse: Callable[[AssayError], Answer[Any]],
    around: Callable[[], AbstractContextManager[object]],
) -> None:
    known = {kind.__name__: kind for kind in (*handlers, Fork, Join, Stop)}
    copy, process = False, os.getpid()
    while True:
        request = line.receive(known)
        forked = isinstance(request, Fork) and alone()
        if forked:
            child = os.fork()
            if child:
                _follow(child)  # which answers from here on, up to and with the request to join
                continue
            copy, process = True, os.getpid()
            die_with_parent()
        joined = copy and isinstance(request, Join)
        answer: Answer[Any] = Answer(forked or joined if isinstance(request, Fork | Join) else None)
        if type(request) in handlers:
            if memory:  # what Assay itself needed for importing is not limited
                resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
                memory = 0
            with around():
                answer = _answer(handlers[type(request)], request, refuse)
        with contextlib.suppress(OSError, ValueError):  # what a plugin printed, so that the host can count it
            sys.stdout.flush()
        if os.getpid() != process:  # a plugin forked, and did not end what it forked
            line.send_stray()
            os._exit(1)
        line.send(answer)
        if joined or isinstance(request, Stop):
            os._exit(JOINED if joined else 0)  # taking torch apart takes most of a second


def _answer(
    handler: Callable[[Any], object], request: Request[Any], refuse: Callable[[AssayError], Answer[Any]]
) -> Answer[Any]:
    try:
        with guard(interrupts=True):
            return Answer(handler(request))
    except AssayError as error:
        return refuse(error)


def alone() -> bool:
    """Whether this process has one thread, as far as the system knows: others would be missing in a copy of it."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir()) == 1
    except OSError:
        return False


def _follow(child: int) -> None:
    """Wait for a copy of this process until it is joined; die as it dies otherwise, so that the host sees it."""
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
        os.kill(os.getpid(), -code)
    elif code != JOINED:
        os._exit(code)


def die_with_parent() -> None:
    """Have Linux end this process when the host dies, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Have Linux make what a child leaves behind a child of this process, so that the host finds it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
