"""The process of a pool: calls one function for one task after the other."""

from __future__ import annotations

import importlib
import resource
import sys

from assay.errors import reason_of
from assay.execute.worker.main import main
from assay.execute.worker.protocol import Answer, Request
from assay.records.results import Status


class TaskLoop:
    """Calls the function that it is given by name; what that raises is an answer."""

    def __init__(self) -> None:
        self._memory: int | None = None

    def answer(self, request: Request) -> Answer:
        """Take a step; an exception, of whatever kind, becomes an answer."""
        if request.step == "stop":
            return Answer(content={})
        given = request.arguments
        if self._memory is None:
            self._memory = int(given["memory"])
            resource.setrlimit(resource.RLIMIT_DATA, (self._memory, self._memory))
        try:
            module, _, name = given["function"].partition(":")
            return Answer(content={"result": getattr(importlib.import_module(module), name)(given["task"])})
        except BaseException as error:
            return Answer(content={}, status=Status.FAILED, reason=reason_of(error))


if __name__ == "__main__":
    main(int(sys.argv[1]), TaskLoop())
