"""The epochs of a group: in each, fresh processes are sampled in rounds with each other and the machine probes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from assay.environment.cpu_affinity import pinned
from assay.execute.case_run import CaseRun, check_again, judge_answers
from assay.execute.rounds import FEWEST, FEWEST_LONG, Stop, sample_rounds
from assay.execute.second_opinion import WorkerTimes, compare_epoch
from assay.execute.timed_operation import TimedOperation, calibrate
from assay.execute.worker.requests import Load
from assay.execute.worker_pool import PROBE_NS, WorkerPool, probe_pairs
from assay.records.results import AttentionCase, ProbeTiming

SAMPLE_NS = 5_000_000
EPOCHS, LEAST_EPOCH_S = 5, 0.05


def automatic_epochs(budget_s: float) -> int:
    """Return five where each has a twentieth of a second of a group's time, else one."""
    return EPOCHS if budget_s >= EPOCHS * LEAST_EPOCH_S else 1


def load(runs: Sequence[CaseRun], pool: WorkerPool, *, again: bool = False) -> None:
    """Load all cases at once: importing takes the most time, and nothing is timed yet."""
    for run in runs:
        run.worker.printed()
        run.post(Load(setup=pool.setup, case=run.case, documents=run.documents, again=again, file=run.judge.file))
    for run in runs:
        run.collect()


def sample_epochs(
    group: str, live: Sequence[CaseRun], pool: WorkerPool, budget_s: float, tick: Callable[[int, float], object]
) -> tuple[Stop, tuple[ProbeTiming, ...]]:
    """Sample every operation of every live case, and the machine probes, in epochs of fresh processes.

    Returns why the last rounds ended, and the samples of the probes.
    """
    if not live:
        return "budget", ()
    dtype_device = _dtype_device(live)
    probes = pool.probes(dtype_device)
    calibrate(list(probe_pairs(probes)), PROBE_NS)
    for probe in probes.values():
        probe.samples = []
    stops: set[Stop] = set()
    epochs = pool.settings.epochs or automatic_epochs(budget_s)
    for epoch in range(epochs):
        if epoch:
            tick(0, budget_s)
            pool.restart_probes(epoch, dtype_device)
            _restart(live, pool, epoch)
        pairs = [*paired_operations(live, baseline_of(live, pool.settings.baselines)), *probe_pairs(probes)]
        operations = [operation for operation, _ in pairs]
        for operation in operations:
            operation.epoch, operation.seen = epoch, []
        began = [(run, WorkerTimes.of(run)) for run in live if run.ended is None]
        later = epochs - 1 - epoch
        share = budget_s / epochs
        with pinned(pool.core):  # waking another core for the host costs more time
            stopped = sample_rounds(
                operations,
                [partner for _, partner in pairs],
                budget_s=share,
                wanted=pool.settings.precision * math.sqrt(epochs),
                fewest=(max(3, math.ceil(FEWEST / epochs)), max(2, math.ceil(FEWEST_LONG / epochs))),
                seed=pool.settings.seed + epoch,
                tick=partial(_tell, tick, later * share),
            )
        stops.add(stopped)
        for run, before in began:
            with run.confined():
                compare_epoch(run, before, pool.settings.threads)
        judge_answers(live)
    return "precision" if stops == {"precision"} else "budget", tuple(
        ProbeTiming(group=group, name=name, work=probe.tokens, samples=tuple(probe.samples))
        for name, probe in probes.items()
    )


def _restart(live: Sequence[CaseRun], pool: WorkerPool, epoch: int) -> None:
    """Go on in fresh processes; what is exact must be the same again."""
    going = [run for run in live if run.ended is None]
    for run in going:
        run.worker = pool.restart(run.case, epoch)
    load(going, pool, again=True)
    check_again(going, epoch)
    for run in going:
        for operation in run.operations if run.ended is None else ():
            operation.warm_up(SAMPLE_NS)


def baseline_of(runs: Sequence[CaseRun], names: Sequence[str]) -> CaseRun | None:
    """The first of the named baselines that the group has, else its first case; one that approximates only at last."""
    named = [run for name in names for run in runs if run.case.plugin == name]
    exact = [run for run in [*named, *runs] if not run.approximate]
    return next(iter([*exact, *named, *runs]), None)


def paired_operations(
    live: Sequence[CaseRun], baseline: CaseRun | None
) -> Iterator[tuple[TimedOperation, TimedOperation]]:
    """Every operation with the one that it is compared with: the baseline's of the same name, or itself."""
    for run in live:
        for operation in run.operations:
            yield operation, partner_of(operation, baseline) or operation


def partner_of(operation: TimedOperation, baseline: CaseRun | None) -> TimedOperation | None:
    """Return the baseline's operation of the same name, where there is one."""
    return next((other for other in (baseline.operations if baseline else ()) if other.name == operation.name), None)


def _dtype_device(live: Sequence[CaseRun]) -> str:
    """The `dtype/device/bytes` of a group of attention cases, whose limits are sampled beside them."""
    workloads = [run.case.workload for run in live if isinstance(run.case, AttentionCase)]
    return "/".join(map(str, (workloads[0].dtype, workloads[0].device, workloads[0].bytes))) if workloads else ""


def _tell(tick: Callable[[int, float], object], later_s: float, done: int, left_s: float) -> None:
    """Count the later epochs into the time left."""
    tick(done, left_s + later_s)
