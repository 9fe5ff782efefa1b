"""The process in which `assay conform` makes the checks of a plugin."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from assay.execute.worker.protocol import Request
from assay.execute.worker.requests import PluginSelection
from assay.execute.worker.serve import serve
from assay.testkit.result import Finding
from assay.testkit.runner import Examination, kind_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPlugin:
    """The kind and the origin of a plugin, and what failed or is deprecated beside it."""

    kind: str
    origin: str
    failures: tuple[str, ...]


class FindPlugin(Request[FoundPlugin], doing="loading"):
    """Find the plugin of a name, and of a kind if several have it; some checks are `known` already."""

    name: str
    kind: str | None
    plugins: PluginSelection
    known: tuple[Finding, ...]


class MakeCheck(Request[Finding], doing="checking"):
    """Make one check of the plugin."""

    check: str


class ConformanceServer:
    """Finds a plugin, and then makes one check after the other, as it is asked."""

    def __init__(self) -> None:
        self._examination: Examination | None = None

    def find(self, request: FindPlugin) -> FoundPlugin:
        """Find the plugin."""
        host = request.plugins.discover()
        kind = kind_of(host, request.name, request.kind)
        self._examination = Examination(host, kind, request.name, request.known)
        failures = tuple(str(failure) for failure in (*host.failures, *host.deprecated))
        return FoundPlugin(kind=kind, origin=str(self._examination.context.origin), failures=failures)

    def check(self, request: MakeCheck) -> Finding:
        """Make one check."""
        assert self._examination is not None, "the plugin is found first"
        return self._examination.finding(request.check)


if __name__ == "__main__":
    server = ConformanceServer()
    descriptor, memory = map(int, sys.argv[1:])
    serve(descriptor, memory, {FindPlugin: server.find, MakeCheck: server.check})
