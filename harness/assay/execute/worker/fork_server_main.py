"""The fork server: a process that has imported what workers need, and becomes each of them by a copy of itself."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from assay.execute.worker.serve import alone, die_with_parent

MOST_BYTES = 1 << 20
ENVIRONMENT_START = 50  # the number of the field in /proc/self/stat, see proc(5)


def main(descriptor: int, mark: str, modules: list[str]) -> None:
    """Import modules, then make a copy for each request until the host goes away.

    A request for a worker has three open files: its end of the pipe to the host, and its standard output and error.
    It is answered by the process id, or by null where other threads run, which a copy would lack. A request with a
    process id waits for that process, and is answered by its exit code, negative for a signal.
    """
    die_with_parent()
    for name in modules:
        with contextlib.suppress(ImportError):  # whoever needs it will say that it is missing
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a collection in a copy would touch, and so copy, every page
    with socket.socket(fileno=descriptor) as line:
        while True:
            message, files, *_ = socket.recv_fds(line, MOST_BYTES, 3)
            if not message:
                return
            request = json.loads(message)
            if "wait" in request:
                _, status = os.waitpid(request["wait"], 0)
                line.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())
                continue
            server = os.getpid()
            child = os.fork() if alone() else None
            if child == 0:
                line.detach()
                os.close(descriptor)
                _become(request, mark, files, server)
            for file in files:
                os.close(file)
            line.send(json.dumps(child).encode())


def _become(request: dict[str, Any], mark: str, files: list[int], server: int) -> None:
    """Be a worker from here on, and never return."""
    try:
        descriptor, out, log = files
        os.setsid()
        die_with_parent()
        if os.getppid() != server:  # it has died already
            os._exit(1)
        os.sched_setaffinity(0, request["cores"])
        os.dup2(out, 1)
        os.dup2(log, 2)
        os.close(out)
        os.close(log)
        _rename(mark, request["mark"])
        os.environ[mark] = request["mark"]
        os.chdir(request["folder"])
        sys.argv = [request["module"], str(descriptor), str(request["memory"])]
        importlib.import_module(request["module"]).main(descriptor, request["memory"])
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _rename(mark: str, token: str) -> None:
    """Write the token of a worker over that of the server in the environment that other processes see."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = (int(fields[number - 3]) for number in (ENVIRONMENT_START, ENVIRONMENT_START + 1))
    place = ctypes.string_at(start, end - start).find(f"{mark}=".encode())
    if place >= 0:
        ctypes.memmove(start + place + len(mark) + 1, token.encode(), len(token))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
