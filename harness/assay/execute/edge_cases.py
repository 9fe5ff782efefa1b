"""Tokenizers on edge cases: each is tried, none is timed, and whatever happens is a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from assay.execute.worker.process import WorkerDied
from assay.execute.worker.requests import Load, Unload, Verify
from assay.execute.worker_pool import WorkerPool
from assay.records.refusal import Refusal
from assay.records.results import GroupResult, Measurement, Metrics, Status, TokenizerCase


def try_group(
    cases: Sequence[TokenizerCase],
    pool: WorkerPool,
    tick: Callable[[str, int, float], object] = lambda phase, done, left: None,
) -> GroupResult:
    """Try the tokenizers of one corpus of edge cases, one after the other; `tick` is told which."""
    for case in cases:
        if pool.refusal(case) is None:
            pool.worker(case)  # starts now, and imports while others are tried
    rows = []
    for case in cases:
        tick(f"trying {case.tokenizer}", 0, 0.0)
        refusal = pool.refusal(case)
        rows.append(_try(case, pool) if refusal is None else _row(case, refusal))
    return GroupResult(measurements=tuple(rows))


def _try(case: TokenizerCase, pool: WorkerPool) -> Measurement:
    """Build and check one tokenizer; a process that dies of it costs this row alone."""
    worker = pool.worker(case)
    try:
        refusal, checked = worker.ask(Load(setup=pool.setup, case=case)).refusal, None
        if refusal is None:
            answer = worker.ask(Verify())
            refusal, checked = answer.refusal, answer.value
        worker.ask(Unload())
    except WorkerDied as death:
        pool.mark_dead(worker, counted=False)
        if death.killed and pool.try_again(case):
            return _try(case, pool)
        return _row(case, Refusal(reason=death.reason, remedy=death.remedy), death.outcome)
    metrics = Metrics() if checked is None else checked.metrics
    if refusal is None:
        return Measurement(case=case, status=Status.OK, metrics=metrics)
    if refusal.status is Status.FAILED and not refusal.expected:
        refusal = replace(refusal, remedy=refusal.remedy or worker.remedy)
    return refusal.row(case, metrics) if metrics else _row(case, refusal)


def _row(case: TokenizerCase, refusal: Refusal, outcome: str | None = None) -> Measurement:
    return refusal.row(case, Metrics(limit=outcome or refusal.status.value))
