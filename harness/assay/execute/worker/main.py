"""The worker process: takes one step after the other, and answers each, whatever the plugin does."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import resource
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from assay.errors import AssayError, Unavailable, UnknownToken, reason_of
from assay.execute.worker.protocol import Answer, Request, receive_request, send_answer
from assay.execute.worker.state_guard import ProcessStateGuard
from assay.measure.bench import Bench
from assay.measure.edge_case_subject import EdgeCaseFailed
from assay.measure.gpu_timer import give_back
from assay.measure.plugin_metrics import offered
from assay.plugins.discovery import discover
from assay.plugins.types import AttentionPlugin, Provided, TokenizerPlugin
from assay.records.results import AttentionCase, Status
from assay.records.serialization import case_from_json, kind_of, row_from_json

PR_SET_PDEATHSIG = 1
JOINED = 78  # the exit code of a copy that was joined: with any other one, 0 too, its process ends as well
KINDS: tuple[tuple[str, type[Provided]], ...] = (("tokenizers", TokenizerPlugin), ("attentions", AttentionPlugin))


class Server(Protocol):
    """What a worker process does with the steps that it is asked for."""

    def answer(self, request: Request) -> Answer:
        """Take a step; an exception, of whatever kind, becomes an answer."""


def main(descriptor: int, server: Server | None = None) -> None:
    """Serve the host at the other end of a pipe until it says stop or goes away; a bench, unless told otherwise."""
    _die_with_parent()
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the host's to handle
    os.set_inheritable(descriptor, False)
    connection = Connection(descriptor)
    server = _Server() if server is None else server
    copy = False
    while True:
        try:
            request = receive_request(connection)
        except EOFError:
            return
        forked = request.step == "fork" and _alone()
        if forked:
            child = os.fork()
            if child:
                _follow(child)  # which answers from here on, up to and with "join"
                continue
            copy = True
            _die_with_parent()
        if request.step in ("fork", "join"):
            answer = Answer(content={"forked": forked or (copy and request.step == "join")})
        else:
            answer = server.answer(request)
        with contextlib.suppress(OSError, ValueError):  # what a plugin printed, so that the host can count it
            sys.stdout.flush()
        send_answer(connection, answer)
        if request.step == "stop" or (copy and request.step == "join"):
            os._exit(0 if request.step == "stop" else JOINED)  # taking torch apart takes most of a second


class _Server:
    """Turns requests into calls of a bench."""

    def __init__(self) -> None:
        self.bench: Bench | None = None
        self.surroundings: ProcessStateGuard | None = None
        self.core: int | None = None

    def answer(self, request: Request) -> Answer:
        """Take a step; an exception, of whatever kind, becomes an answer."""
        answer = self._answer(request)
        if request.step != "sample":  # between samples it is kept, to a bound
            give_back()
        return answer

    def _answer(self, request: Request) -> Answer:
        try:
            content = self._take(request)
            if self.surroundings is not None and request.step not in ("sample", "unload"):
                self.surroundings.compare()
            return Answer(content=content)
        except Unavailable as error:
            return Answer(content={}, status=Status.SKIPPED, reason=error.message, remedy=error.remedy)
        except EdgeCaseFailed as error:
            content = {"metrics": dict(error.metrics)}
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

    def _take(self, request: Request) -> Mapping[str, Any]:  # noqa: C901 (one step after the other)
        given = request.arguments
        if request.step == "load":
            return self._load(**given)
        if request.step == "stop":
            return {}
        assert self.bench is not None, "load comes first"
        if request.step == "names":
            host = self.bench.host
            return {
                kind: {plugin.name: host.origin(plugin).distribution for plugin in host.every(of)} for kind, of in KINDS
            }
        if request.step == "metrics":
            return {"metrics": self._metrics(given["names"])}
        if request.step == "metric":
            return {"value": self.bench.metric(given["name"], row_from_json(given["row"]))}
        if request.step == "size":
            return {"doubt": self.bench.size(given["documents"])}
        if request.step == "predict":
            return {"metrics": dict(self.bench.predict()), "room": self.bench.room()}
        if request.step == "check":
            metrics = dict(self.bench.check())
            operations = [
                {"name": operation.name, "tokens": operation.tokens, "size": operation.size}
                for operation in self.bench.operations()
            ]
            return {"metrics": metrics, "operations": operations}
        if request.step == "calibrate":
            self._settle()
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            loops = self.bench.calibrate(given["operation"], given["target_ns"])
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            return {"loops": loops, "children_s": spent}
        if request.step == "sample":
            sample = self.bench.sample(given["operation"], given["loops"])
            return {"wall_ns": sample.wall_ns, "cpu_ns": sample.cpu_ns}
        if request.step == "memory":
            return dict(self.bench.memory())
        if request.step == "recheck":
            self.bench.recheck()
            return {}
        self.bench.unload()
        return {}

    def _metrics(self, names: Sequence[str]) -> list[Mapping[str, Any]]:
        """Those of the named metrics that are here, and whose they are."""
        assert self.bench is not None
        host = self.bench.host
        return [
            {
                "name": plugin.name,
                "origin": str(host.origin(plugin)),
                "block": host.origin(plugin).block,
                "of_tokens": plugin.of_tokens is not None,
                "of_row": plugin.of_row is not None,
            }
            for plugin in offered(host, names)
        ]

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
            # The other side of a check may lack what is blocked in this one.
            host = discover(setup["plugins"], setup["block"], setup.get("load"), lenient=True)
            self.bench = Bench(host, grid=setup["grid"])
        self.surroundings = None
        if "case" in work:
            case = case_from_json(work["case"])
            kind = AttentionPlugin if isinstance(case, AttentionCase) else TokenizerPlugin
            if not any(plugin.name == case.plugin for plugin in self.bench.host.every(kind)):
                raise Unavailable(f"there is no {kind_of(case)} named {case.plugin!r}")
            self.bench.load(case, work.get("documents"), again=work.get("again", False))
        elif "arithmetic" in work:
            self.bench.load_anchors(arithmetic=work["arithmetic"], threads=work["threads"])
        self.surroundings = ProcessStateGuard()
        return {}


def _alone() -> bool:
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


def _die_with_parent() -> None:
    """Have Linux end this process when the host dies, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]))
