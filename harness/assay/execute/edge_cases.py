"""Tokenizers at a limit: each is tried, none is timed, and whatever happens is a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assay.execute.case_run import without_speed
from assay.execute.worker.process import WorkerDied
from assay.execute.worker.protocol import Answer
from assay.execute.worker_pool import WorkerPool
from assay.records.results import GroupResult, Measurement, Metrics, Status, TokenizerCase
from assay.records.serialization import case_to_json


def try_group(
    cases: Sequence[TokenizerCase],
    crew: WorkerPool,
    tick: Callable[[str, int, float], object] = lambda phase, done, left: None,
) -> GroupResult:
    """Try the tokenizers of one limit, one after the other; `tick` is told which."""
    for case in cases:
        if crew.refusal(case) is None:
            crew.worker(case)  # starts now, and imports while others are tried
    rows = []
    for case in cases:
        tick(f"trying {case.tokenizer}", 0, 0.0)
        rows.append(_try(case, crew))
    return GroupResult(measurements=tuple(rows))


def _try(case: TokenizerCase, crew: WorkerPool) -> Measurement:
    """Build and check one tokenizer; a process that dies of it costs this row alone."""
    answer = crew.refusal(case) or _ask(case, crew)
    metrics = answer.content.get("metrics", {"limit": answer.status.value})
    return without_speed(case, answer, Metrics(metrics))


def _ask(case: TokenizerCase, crew: WorkerPool) -> Answer:
    worker = crew.worker(case)
    try:
        answer = worker.ask("load", work={"case": case_to_json(case)}, setup=crew.setup(worker))
        if answer.status is Status.OK:
            answer = worker.ask("check")
        worker.ask("unload")
    except WorkerDied as death:
        crew.buried(worker, counted=False)
        return Answer(
            content={"metrics": {"limit": death.outcome}},
            status=Status.FAILED,
            reason=death.reason,
            remedy=death.remedy,
        )
    if answer.status is Status.FAILED and not answer.expected:
        return Answer(
            content=answer.content,
            status=answer.status,
            reason=answer.reason,
            remedy=answer.remedy or worker.remedy,
        )
    return answer
