"""Examining a plugin in processes of its own: what ends one of them is a finding like any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from assay.errors import AssayError, UnknownName
from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.protocol import Answer
from assay.records.results import Status
from assay.records.settings import Settings
from assay.testkit.registry import Check, checks
from assay.testkit.result import ConformanceError, Finding
from assay.testkit.runner import failed, held_back

MODULE = "assay.testkit.worker"
MOST_DEATHS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was examined, where it comes from, and what each check came to."""

    name: str
    kind: str
    origin: str
    findings: tuple[Finding, ...]

    @property
    def conforms(self) -> bool:
        """Whether no check failed."""
        return all(finding.status != "failed" for finding in self.findings)


def examine(
    name: str,
    kind: str | None,
    settings: Settings,
    warn: Callable[[str], object] = lambda sentence: None,
    tick: Callable[[str], object] = lambda check: None,
) -> Examined:
    """Make all checks of what is announced under a name, in a worker process and, where that dies, in another.

    `warn` is told of other plugins that failed, `tick` the name of each check before it is made. Raises `UnknownName`
    for a name that nothing has, and `ConformanceError` for a plugin that cannot be loaded.
    """
    worker, loaded = _begin(name, kind, settings, ())
    try:
        content = loaded.content
        for sentence in content["failures"]:
            warn(sentence)
        findings: dict[str, Finding] = {}
        deaths = 0
        for check in checks(content["kind"]):
            tick(check.name)
            finding = held_back(check, findings) or _given_up(check, deaths)
            if finding is None:
                try:
                    finding = _asked(worker, check)
                except WorkerDied as death:
                    deaths += 1
                    finding = failed(check, death.reason, death.remedy)
                    worker.kill()
                    known = [*findings.values(), finding]
                    if deaths < MOST_DEATHS:
                        worker, _ = _begin(name, content["kind"], settings, known)
            findings[check.name] = finding
        return Examined(name=name, kind=content["kind"], origin=content["origin"], findings=tuple(findings.values()))
    finally:
        worker.kill()


def _begin(name: str, kind: str | None, settings: Settings, known: Sequence[Finding]) -> tuple[Worker, Answer]:
    """Start a worker and have it find the plugin."""
    worker = Worker("mend it", settings, module=MODULE)
    setup = {
        "memory": worker.memory,
        "plugins": list(settings.plugins),
        "block": list(settings.block),
        "load": settings.load,
    }
    try:
        answer = worker.ask("load", name=name, kind=kind, setup=setup, known=[asdict(finding) for finding in known])
        if answer.status is Status.OK:
            return worker, answer
        raised = {UnknownName.exit_code: UnknownName, ConformanceError.exit_code: ConformanceError}
        raise raised.get(answer.content["exit_code"], AssayError)(str(answer.reason), remedy=answer.remedy)
    except WorkerDied as death:
        worker.kill()
        raise ConformanceError(
            f"a plugin ends the process that loads it: {death.reason}", remedy=death.remedy
        ) from None
    except BaseException:
        worker.kill()
        raise


def _asked(worker: Worker, check: Check) -> Finding:
    answer = worker.ask("check", check=check.name)
    if answer.status is not Status.OK:
        return failed(check, str(answer.reason), answer.remedy or worker.remedy)
    return Finding(**answer.content)


def _given_up(check: Check, deaths: int) -> Finding | None:
    if deaths < MOST_DEATHS:
        return None
    reason = f"its process died {deaths} times before, and is not started again"
    return Finding(check=check.name, rule=check.rule, status="skipped", reason=reason)
