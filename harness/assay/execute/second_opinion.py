"""The host's second opinion: whether the times that a worker claims agree with what the host saw, and can be."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from assay.execute.case_run import CaseRun
from assay.execute.timed_operation import SeenBatch, TimedOperation
from assay.measure.gpu_timer import on_gpu
from assay.measure.roofline import attention_limit, text_limit
from assay.measure.throughput import waits
from assay.records.results import FRESH, AttentionCase, ProbeTiming, Timing
from assay.records.verdicts import Clock

SHARE = 0.1  # of what is claimed
# What a worker does for a batch outside its clock, in nanoseconds. Messages take some 0.3 ms here.
BATCH_NS = 1_500_000
CALL_NS, TOKEN_NS = 2_000, 8  # an output is looked at and freed
ID_NS = 40  # of a pipeline, whose ids are all compared
PIECE_NS = 1_500  # the ids of each document are compared
FRESH_NS, FRESH_CALL_NS = 40, 40_000  # of each byte of fresh text, and each call: its words are put in order
MOVED_NS, PART_NS = 1, 60_000  # of each byte of an attention, and each part of a batch: its inputs are refreshed
MOST_MOVES, MOST_PARTS = 5, 12  # those of assay.attention.fresh_values, which needs torch
KEPT_NS = 0.1  # of each byte of an attention, for each call: outputs of MiBs are given back to the system
WALL_SHARE, WALL_NS = 0.5, 10_000_000  # a loaded machine lets processes wait
BETWEEN_NS = 100_000_000
CHILDREN_SHARE, CHILDREN_S = 0.05, 0.03
CORES = 1.25
BATCH_THREADS = 2  # of operations that are timed by wall time because they use several threads
CLOCK_REMEDY = "leave the clocks of the process alone, and have all work done when a call returns"


@dataclass(frozen=True, slots=True)
class WorkerTimes:
    """The CPU time of a worker and of the processes that it started, seen from outside at one moment."""

    cpu_ns: int | None
    others_s: float
    others: int

    @classmethod
    def of(cls, run: CaseRun) -> WorkerTimes:
        """Read them now."""
        return cls(run.worker.cpu_ns(), *run.worker.other_cpu_seconds())


def compare_epoch(run: CaseRun, before: WorkerTimes, threads: int) -> None:
    """Fail a case where what its worker claims of an epoch is not what the host saw; a GPU has its own clock."""
    if run.ended is not None or _on_gpu(run):
        return
    after = WorkerTimes.of(run)
    batches = [batch for operation in run.operations for batch in operation.seen]
    reason = children_fault(batches, after.others_s - before.others_s, after.others)
    if reason is not None:
        run.fail(reason, "do the work in the process that is asked")
        return
    for operation in run.operations:
        by_wall = threads > 1 or operation.clock == "wall"
        reason = reason or clock_fault(operation.seen, allowance_ns(run, operation), by_wall=by_wall)
    if reason is None and before.cpu_ns is not None and after.cpu_ns is not None:
        reason = between_fault(batches, after.cpu_ns - before.cpu_ns)
    if reason is not None:
        run.fail(reason, CLOCK_REMEDY)


def allowance_ns(run: CaseRun, operation: TimedOperation) -> float:
    """Return what a worker may need for a batch outside its clock, beside a share of what it claims.

    It handles messages, refreshes the inputs, looks at outputs and frees them.
    """
    calls = operation.iterations
    if isinstance(run.case, AttentionCase):
        moved = run.case.workload.bytes
        token_ns = ID_NS if run.case.workload.level == "pipeline" else TOKEN_NS
        return (
            BATCH_NS
            + moved * (MOVED_NS * min(calls, MOST_MOVES) + KEPT_NS * calls)
            + PART_NS * min(calls, MOST_PARTS)
            + calls * (CALL_NS + token_ns * operation.tokens)
        )
    whole = operation.name in ("encode", "decode", FRESH)
    pieces = int(run.metrics.get("documents", 0)) if whole else operation.tokens
    made = FRESH_CALL_NS + FRESH_NS * (operation.size or 0) if operation.name == FRESH else 0
    return (
        BATCH_NS
        + _checking_ns(run, operation)
        + calls * (CALL_NS + TOKEN_NS * operation.tokens + PIECE_NS * pieces + made)
    )


def _checking_ns(run: CaseRun, operation: TimedOperation) -> float:
    """What a worker claims for encoding and decoding once, which it does to check a batch of fresh text."""
    if operation.name != FRESH:
        return 0.0
    return sum(
        statistics.median(batch.claimed.cpu_ns / batch.claimed.iterations for batch in each.seen)
        for each in run.operations
        if each.name in ("encode", "decode") and each.seen
    )


def clock_fault(batches: Sequence[SeenBatch], allowance: float, *, by_wall: bool) -> str | None:
    """Return what is wrong with the clock of a worker, by the batches of an operation, or None.

    CPU time is what other processes do not stretch, so its medians are compared. Wall time is looked at where it is
    the clock or next to no CPU time is claimed, and there the batch counts that agrees best.
    """
    if not batches:
        return None
    claimed = statistics.median(batch.claimed.cpu_ns for batch in batches)
    seen = [batch.cpu_ns for batch in batches if batch.cpu_ns is not None]
    if seen and statistics.median(seen) > (1 + SHARE) * claimed + allowance:
        return _clock_sentence(claimed, statistics.median(seen), "of CPU time ")
    if by_wall or not seen or waits([batch.claimed for batch in batches]):
        best = min(batches, key=lambda batch: batch.wall_ns - batch.claimed.wall_ns)
        claimed = best.claimed.wall_ns
        if best.wall_ns > (1 + WALL_SHARE) * claimed + WALL_NS + allowance:
            return _clock_sentence(claimed, best.wall_ns, "")
    return None


def _clock_sentence(claimed: float, seen: float, kind: str) -> str:
    return f"clock: its process claims {claimed / 1e6:.1f} ms {kind}a batch and the host saw {seen / 1e6:.1f} ms"


def between_fault(batches: Sequence[SeenBatch], spent_ns: int) -> str | None:
    """Return that a worker went on with its work after it had answered, or None; `spent_ns` is all its CPU time."""
    within = sum(batch.cpu_ns or 0 for batch in batches)
    claimed = sum(batch.claimed.cpu_ns for batch in batches)
    between = spent_ns - within
    if between <= SHARE * claimed + BATCH_NS * len(batches) + BETWEEN_NS:
        return None
    return f"clock: its process spent {between / 1e9:.1f} s of CPU time after calls returned, which nobody counts"


def children_fault(batches: Sequence[SeenBatch], others_s: float, others: int) -> str | None:
    """Return that other processes did work that the clock of a worker does not count, or None."""
    claimed = sum(batch.claimed.cpu_ns for batch in batches) / 1e9
    if others_s <= max(CHILDREN_S, CHILDREN_SHARE * claimed):
        return None
    where = f"in {others} other process(es)" if others else "in other processes, which ended"
    return f"children: {others_s:.2g} s of CPU time {where}, beside {claimed:.2g} s that its clock counts"


def compare_cores(run: CaseRun, offered: Sequence[Clock], threads: int) -> None:
    """Fail a case timed by wall time that used more cores than it was granted.

    `offered` are the clocks that its operations came with: by wall time for what uses two threads.
    """
    for operation, clock in zip(run.operations, offered, strict=True):
        granted = max(threads, BATCH_THREADS) if clock == "wall" else threads
        if run.ended is not None or operation.clock != "wall" or not operation.samples or _on_gpu(run):
            continue
        used = statistics.median(sample.cpu_ns / max(1, sample.wall_ns) for sample in operation.samples)
        if used > CORES * granted:
            were = "was" if granted == 1 else "were"
            run.fail(f"cores: it used {used:.1f} cores where {granted} {were} granted", "keep to the threads granted")


def compare_limit(run: CaseRun, probes: Sequence[ProbeTiming]) -> None:
    """Fail a case whose first operation, or encoding of fresh text, is faster than the machine can be.

    The same text again may be that fast: a cache of whole texts is no fault.
    """
    fresh = (each for each in run.operations if each.name == FRESH and each.samples)
    operation, named = next(fresh, run.operations[0]), {probe.name: probe for probe in probes}
    timing = Timing(name=operation.name, samples=tuple(operation.samples))
    if run.ended is not None or not timing.samples:
        return
    if isinstance(run.case, AttentionCase):
        reason = attention_limit(run.case.workload, timing, operation.clock, named)
    else:
        reason = text_limit(operation.size or 0, timing, operation.clock, named)
    if reason is not None:
        run.fail(reason, "compute every call anew")


def _on_gpu(run: CaseRun) -> bool:
    return isinstance(run.case, AttentionCase) and on_gpu(run.case.workload.device)
