"""The process in which `assay conform` makes the checks of a plugin."""

from __future__ import annotations

import resource
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from assay.errors import AssayError, reason_of
from assay.execute.worker.main import main
from assay.execute.worker.protocol import Answer, Request
from assay.plugins.discovery import discover
from assay.records.results import Status
from assay.testkit.result import Finding
from assay.testkit.runner import Examination, kind_of


class Examiner:
    """Finds a plugin, and then makes one check after the other, as it is asked."""

    def __init__(self) -> None:
        self._examination: Examination | None = None

    def answer(self, request: Request) -> Answer:
        """Take a step; an exception, of whatever kind, becomes an answer."""
        try:
            return Answer(content=self._take(request))
        except AssayError as error:
            content = {"exit_code": error.exit_code}
            return Answer(content=content, status=Status.FAILED, reason=error.message, remedy=error.remedy)
        except BaseException as error:  # a plugin may raise SystemExit, or a panic that is no Exception
            return Answer(content={"exit_code": 3}, status=Status.FAILED, reason=reason_of(error))

    def _take(self, request: Request) -> Mapping[str, Any]:
        if request.step == "load":
            return self._load(**request.arguments)
        if request.step == "stop":
            return {}
        assert self._examination is not None, "load comes first"
        return asdict(self._examination.finding(request.arguments["check"]))

    def _load(
        self, name: str, kind: str | None, setup: Mapping[str, Any], known: list[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        resource.setrlimit(resource.RLIMIT_DATA, (setup["memory"], setup["memory"]))
        host = discover(setup["plugins"], setup["block"], setup["load"])
        kind = kind_of(host, name, kind)
        self._examination = Examination(host, kind, name, (Finding(**finding) for finding in known))
        origin = self._examination.context.origin
        return {
            "kind": kind,
            "origin": str(origin),
            "block": origin.block,
            "failures": [str(failure) for failure in (*host.failures, *host.deprecated)],
        }


if __name__ == "__main__":
    main(int(sys.argv[1]), Examiner())
