"""Examine a plugin in processes of its own: what ends one of them is a finding like any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from assay.errors import UnknownName
from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.requests import PluginSelection
from assay.plugins.discovery import discover
from assay.plugins.host import Host
from assay.records.settings import Settings
from assay.testkit.registry import Check, checks
from assay.testkit.result import ConformanceError, Finding
from assay.testkit.runner import held_back, kind_of
from assay.testkit.worker import FindPlugin, FoundPlugin, MakeCheck

MODULE = "assay.testkit.worker"
MOST_DEATHS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformanceReport:
    """What was examined, where it comes from, and the finding of each check."""

    name: str
    kind: str
    origin: str
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The findings of the checks that failed."""
        return tuple(finding for finding in self.findings if finding.status == "failed")

    @property
    def conforms(self) -> bool:
        """Whether no check failed."""
        return not self.failed


def examine(
    name: str,
    kind: str | None,
    settings: Settings,
    warn: Callable[[str], object] = lambda sentence: None,
    tick: Callable[[str], object] = lambda check: None,
    host: Host | None = None,
) -> ConformanceReport:
    """Make all checks of what is announced under a name, in a worker process and, where that dies, in another.

    `warn` is told of other plugins that failed, `tick` the name of each check before it is made. The plugins
    are those of `host`, where they have been found already. Raises `UnknownName`
    for a name that nothing has, and `ConformanceError` for a plugin that cannot be loaded.
    """
    host = host or discover(settings.plugins, settings.block, settings.load, timeout_s=settings.timeout_s)
    if not any(item.plugin.name == name for item in host.found):
        kind_of(host, name, kind)  # says why not
    settings = _without_unsafe(host, settings, warn)
    worker, found = _begin(name, kind, settings, ())
    try:
        for sentence in found.failures:
            warn(sentence)
        findings: dict[str, Finding] = {}
        deaths, excused = 0, False
        for check in checks(found.kind):
            tick(check.name)
            finding = held_back(check, findings)
            if finding is None and deaths == MOST_DEATHS:
                reason = f"its process died {deaths} times before, and is not started again"
                finding = check.finding("skipped", reason)
            while finding is None:
                try:
                    finding = _asked(worker, check)
                except WorkerDied as death:
                    worker.kill()
                    if death.killed and not excused:  # perhaps by somebody else
                        excused = True
                        worker, _ = _begin(name, found.kind, settings, tuple(findings.values()))
                        continue
                    deaths += 1
                    finding = check.finding("failed", death.reason, death.remedy)
                    if deaths < MOST_DEATHS:
                        worker, _ = _begin(name, found.kind, settings, (*findings.values(), finding))
            findings[check.name] = finding
        return ConformanceReport(name=name, kind=found.kind, origin=found.origin, findings=tuple(findings.values()))
    finally:
        worker.kill()


def _without_unsafe(host: Host, settings: Settings, warn: Callable[[str], object]) -> Settings:
    """Leave out the plugins that would end or change the process in which others are checked."""
    unsafe = {failure.origin: failure for failure in host.failures if failure.origin.location in host.unsafe}
    for failure in unsafe.values():
        warn(str(failure))
    return replace(settings, block=(*settings.block, *host.unsafe))


def _begin(name: str, kind: str | None, settings: Settings, known: Sequence[Finding]) -> tuple[Worker, FoundPlugin]:
    worker = Worker("fix it", settings, module=MODULE)
    request = FindPlugin(name=name, kind=kind, plugins=PluginSelection.of(settings), known=tuple(known))
    with ExitStack() as stack:
        stack.callback(worker.kill)
        try:
            answer = worker.ask(request)
        except WorkerDied as death:
            reason = f"a plugin ends the process that loads it: {death.reason}"
            raise ConformanceError(reason, remedy=death.remedy) from None
        if answer.value is not None:
            stack.pop_all()
            return worker, answer.value
    assert answer.refusal is not None
    raised = ConformanceError if answer.refusal.exit_code == ConformanceError.exit_code else UnknownName
    raise raised(answer.refusal.reason, remedy=answer.refusal.remedy)


def _asked(worker: Worker, check: Check) -> Finding:
    answer = worker.ask(MakeCheck(check=check.name))
    if answer.refusal is not None:
        return check.finding("failed", answer.refusal.reason, answer.refusal.remedy or worker.remedy)
    assert answer.value is not None
    return answer.value
