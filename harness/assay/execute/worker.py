"""The worker process: takes one step after the other, and answers each, whatever the plugin does."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import resource
import signal
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

from assay.discovery import discover
from assay.errors import AssayError, Unavailable, UnknownToken
from assay.execute.guards import Surroundings
from assay.execute.protocol import Answer, Request, receive_request, send_answer
from assay.measure.bench import Bench
from assay.measure.limit import LimitFailed
from assay.measure.reason import reason_of
from assay.records import Status
from assay.wire import case_from_json, metrics_to_json

PR_SET_PDEATHSIG = 1


def main(descriptor: int) -> None:
    """Serve the host at the other end of a pipe until it says stop or goes away."""
    _die_with_parent()
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the host's to handle
    os.set_inheritable(descriptor, False)
    connection = Connection(descriptor)
    server = _Server()
    while True:
        try:
            request = receive_request(connection)
        except EOFError:
            return
        answer = server.answer(request)
        with contextlib.suppress(OSError, ValueError):  # what a plugin printed, so that the host can count it
            sys.stdout.flush()
        send_answer(connection, answer)
        if request.step == "stop":
            os._exit(0)  # taking an interpreter with torch apart takes most of a second


class _Server:
    """Turns requests into calls of a bench."""

    def __init__(self) -> None:
        self.bench: Bench | None = None
        self.surroundings: Surroundings | None = None
        self.core: int | None = None

    def answer(self, request: Request) -> Answer:
        """Take a step; an exception, of whatever kind, becomes an answer."""
        try:
            content = self._take(request)
            if self.surroundings is not None and request.step not in ("sample", "unload"):
                self.surroundings.compare()
            return Answer(content=content)
        except Unavailable as error:
            return Answer(content={}, status=Status.SKIPPED, reason=error.message, remedy=error.remedy)
        except LimitFailed as error:
            content = {"metrics": metrics_to_json(error.metrics)}
            return Answer(content=content, status=Status.FAILED, reason=error.message, expected=error.expected)
        except BaseException as error:  # a plugin may raise SystemExit, or a panic that is no Exception
            bench = self.bench
            return Answer(
                content={},
                status=Status.FAILED,
                reason=reason_of(error),
                remedy=error.remedy if isinstance(error, AssayError) else None,
                expected=isinstance(error, UnknownToken) and bench is not None and bench.closed_vocabulary,
            )

    def _take(self, request: Request) -> Mapping[str, Any]:
        given = request.arguments
        if request.step == "load":
            return self._load(**given)
        if request.step == "stop":
            return {}
        assert self.bench is not None, "load comes first"
        if request.step == "size":
            return {"doubt": self.bench.size(given["documents"])}
        if request.step == "predict":
            return metrics_to_json(self.bench.predict())
        if request.step == "check":
            metrics = metrics_to_json(self.bench.check())
            operations = [
                {"name": operation.name, "tokens": operation.tokens, "size": operation.size}
                for operation in self.bench.operations()
            ]
            return {"metrics": metrics, "operations": operations}
        if request.step == "calibrate":
            self._settle()
            return {"loops": self.bench.calibrate(given["operation"], given["target_ns"])}
        if request.step == "sample":
            sample = self.bench.sample(given["operation"], given["loops"])
            return {"wall_ns": sample.wall_ns, "cpu_ns": sample.cpu_ns}
        if request.step == "memory":
            return metrics_to_json(self.bench.memory())
        if request.step == "recheck":
            self.bench.recheck()
            return {}
        self.bench.unload()
        return {}

    def _settle(self) -> None:
        """Move to the core on which all are timed; what came before could use every core."""
        if self.core is not None:
            os.sched_setaffinity(0, {self.core})
            self.core = None

    def _load(self, work: Mapping[str, Any], setup: Mapping[str, Any]) -> Mapping[str, Any]:
        """Take up a case or the anchors; before the first, limit memory and find the plugins."""
        if self.bench is None:
            resource.setrlimit(resource.RLIMIT_DATA, (setup["memory"], setup["memory"]))
            self.core = setup["core"]
            self.bench = Bench(discover(setup["plugins"], setup["block"]), grid=setup["grid"])
        self.surroundings = None
        if "case" in work:
            self.bench.load(case_from_json(work["case"]), work.get("documents"))
        else:
            self.bench.load_anchors(arithmetic=work["arithmetic"], threads=work["threads"])
        self.surroundings = Surroundings()
        return {}


def _die_with_parent() -> None:
    """Have Linux end this process when the host dies, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1 and "ASSAY_WORKER" in os.environ and sys.platform == "linux":
        sys.exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
