"""One group of comparable cases: checked, then timed in rounds with each other and the machine probes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from assay.corpus.sampling import enough
from assay.environment.cpu_affinity import pinned
from assay.execute.case_run import CaseRun
from assay.execute.rounds import FEWEST, FEWEST_LONG, Stop, sample_rounds
from assay.execute.timed_operation import TimedOperation, calibrate
from assay.execute.worker.requests import Load, MeasureMemory, Predict, Predicted, Recheck, Size, Unload, Verify
from assay.execute.worker_pool import PROBE_NS, WorkerPool, probe_pairs
from assay.measure.gpu_timer import on_gpu
from assay.measure.roofline import account, overhead, stages
from assay.measure.throughput import agreement, busy, comparison, full_pass, machine_share, speeds, waits
from assay.records.results import (
    AttentionCase,
    Case,
    GroupResult,
    Measurement,
    Metrics,
    ProbeTiming,
    Timing,
    TokenizerCase,
)
from assay.stats.paired_ratio import paired_ratio
from assay.tokenizer.metrics import compression

SAMPLE_NS = 5_000_000
FEWEST_CALLS = 5
EPOCHS, LEAST_EPOCH_S = 5, 0.1
PREDICTIONS = 3


def run_group(
    name: str,
    cases: Sequence[Case],
    pool: WorkerPool,
    budget_s: float,
    tick: Callable[[str, int, float], object] = lambda phase, done, left: None,
) -> GroupResult:
    """Measure the cases of one group; each gets a measurement, whatever happens to it.

    `tick` is told the phase, the rounds done and the seconds left.
    """
    finished, running = _assign(cases, pool)
    tick("loading", 0, budget_s)
    _load(running, pool)
    _draw(running, lambda documents: tick(f"sampling {documents:,} documents", 0, budget_s))
    for run in running:
        tick(f"predicting {run.case.plugin}", 0, budget_s)
        predict(run, pool.settings.budget_s)
    for run in running:
        tick(f"checking {run.case.plugin}{_predicted(run)}", 0, budget_s)
        run.check()
    live = [run for run in running if run.ended is None]
    calibrate(list(_pairs(live, _baseline(live, pool.settings.baselines))), SAMPLE_NS)
    stop, probes = _rounds(name, live, pool, budget_s, lambda done, left: tick("round", done, left))
    memory = {}
    for run in live:
        tick(f"memory of {run.case.plugin}", 0, 0.0)
        memory[run.case.id] = _recheck(run)
    whole = [run for run in live if run.ended is None]
    _choose_clocks(whole, pool.settings.threads)
    baseline = _baseline(whole, pool.settings.baselines)
    for run in whole:
        metrics = _figures(run, baseline, probes) | memory[run.case.id] | run.predicted
        metrics |= Metrics(stopped_by=stop) | full_pass(metrics)
        metrics |= _shape_of(run.case, metrics)
        run.succeed(metrics | agreement(metrics, run.operations[0].name), restarted=pool.died_before(run.case))
        if pool.settings.metrics:
            tick(f"metrics of {run.case.plugin}", 0, 0.0)
        run.add_plugin_metrics(pool.metric_worker)
    measured = {run.case.id: run.ended for run in running if run.ended is not None}
    measured |= {row.case.id: row for row in finished}
    return GroupResult(measurements=tuple(measured[case.id] for case in cases), probes=probes)


def _assign(cases: Sequence[Case], pool: WorkerPool) -> tuple[list[Measurement], list[CaseRun]]:
    """Start a worker for each case that can be done, all at once."""
    finished: list[Measurement] = []
    running: list[CaseRun] = []
    for case in cases:
        refusal = pool.refusal(case)
        if refusal is not None:
            finished.append(refusal.row(case))
        else:
            running.append(CaseRun(case=case, worker=pool.worker(case), on_death=pool.mark_dead))
    return finished, running


def _load(runs: Sequence[CaseRun], pool: WorkerPool, *, again: bool = False) -> None:
    """Load all cases at once: importing takes the most time, and nothing is timed yet."""
    for run in runs:
        run.worker.printed()
        kept = pool.kept(run.case)
        run.post(Load(setup=pool.setup, case=run.case, documents=run.documents, again=again, kept=kept))
    for run in runs:
        run.collect()


def _draw(runs: Sequence[CaseRun], tick: Callable[[int], object]) -> None:
    """Where a sample is asked for, have all keep to the same one, just large enough for each of them."""

    def uncertainty(documents: int) -> float:
        tick(documents)
        going = [run for run in runs if run.ended is None]
        for run in going:
            run.documents = documents
        return max((run.ask(Size(documents=documents)) or 0.0 for run in going), default=0.0)

    targets = {run.case.sample for run in runs if isinstance(run.case, TokenizerCase)} - {0.0}
    if targets:
        enough(uncertainty, min(targets))


def predict(run: CaseRun, budget_s: float) -> None:
    """Predict time and memory of a case; skip it where five calls, or the memory of one, are more than there is.

    A time that would skip it is predicted again, three times in all; the least counts.
    """
    predicted = run.ask(Predict())
    if predicted is None:
        return
    run.predicted, room = predicted.metrics, predicted.room
    need = float(run.predicted.get("predicted_bytes", 0.0))
    if room is not None and need > room:
        elsewhere = isinstance(run.case, AttentionCase) and on_gpu(run.case.workload.device)
        remedy = "free memory of the device" if elsewhere else "free memory, or raise --memory"
        run.skip(f"predicted {need / 2**30:.1f} GiB > {room / 2**30:.1f} GiB", remedy)
    seconds, readings = _predicted_seconds(predicted), 1
    while run.ended is None and seconds * FEWEST_CALLS > budget_s and readings < PREDICTIONS:
        again, readings = run.ask(Predict()), readings + 1  # a busy machine may have stretched it
        if again is not None and (least := _predicted_seconds(again)) < seconds:
            seconds, run.predicted = least, Metrics({**run.predicted, "predicted_seconds": least})
    if run.ended is None and seconds * FEWEST_CALLS > budget_s:
        run.skip(f"predicted {seconds:.1f} s a call: {FEWEST_CALLS} calls > {budget_s:g} s", "raise --budget")


def _predicted_seconds(predicted: Predicted) -> float:
    return float(predicted.metrics.get("predicted_seconds", 0.0))


def _predicted(run: CaseRun) -> str:
    seconds = run.predicted.get("predicted_seconds")
    return "" if seconds is None else f", about {float(seconds):.2g} s a call"


def _baseline(runs: Sequence[CaseRun], names: Sequence[str]) -> CaseRun | None:
    """The first of the named baselines that the group has, else its first case."""
    named = [run for name in names for run in runs if run.case.plugin == name]
    return next(iter([*named, *runs]), None)


def _rounds(
    group: str, live: Sequence[CaseRun], pool: WorkerPool, budget_s: float, tick: Callable[[int, float], object]
) -> tuple[Stop, tuple[ProbeTiming, ...]]:
    """Sample every operation of every live case, and the machine probes, in turn."""
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
        pairs = [*_pairs(live, _baseline(live, pool.settings.baselines)), *probe_pairs(probes)]
        operations = [operation for operation, _ in pairs]
        for operation in operations:
            operation.epoch = epoch
        later = epochs - 1 - epoch
        share = budget_s / epochs
        with pinned(pool.core):  # waking another core for the host costs more time
            stopped = sample_rounds(
                operations,
                [partner for _, partner in pairs],
                budget_s=share,
                wanted=pool.settings.precision * math.sqrt(epochs),
                fewest=(math.ceil(FEWEST / epochs), math.ceil(FEWEST_LONG / epochs)),
                seed=pool.settings.seed + epoch,
                tick=partial(_tell, tick, later * share),
            )
        stops.add(stopped)
    return "precision" if stops == {"precision"} else "budget", tuple(
        ProbeTiming(group=group, name=name, work=probe.tokens, samples=tuple(probe.samples))
        for name, probe in probes.items()
    )


def _dtype_device(live: Sequence[CaseRun]) -> str:
    """The `dtype/device` of a group of attention cases, whose peak is sampled beside them."""
    workloads = [run.case.workload for run in live if isinstance(run.case, AttentionCase)]
    return f"{workloads[0].dtype}/{workloads[0].device}" if workloads else ""


def _tell(tick: Callable[[int, float], object], later_s: float, done: int, left_s: float) -> None:
    """Count the later epochs into the time left."""
    tick(done, left_s + later_s)


def automatic_epochs(budget_s: float) -> int:
    """Return five where each has a tenth of a second of a group's time, else one."""
    return EPOCHS if budget_s >= EPOCHS * LEAST_EPOCH_S else 1


def _restart(live: Sequence[CaseRun], pool: WorkerPool, epoch: int) -> None:
    """Go on in fresh processes; what is exact must be the same again."""
    going = [run for run in live if run.ended is None]
    for run in going:
        run.worker = pool.restart(run.case, epoch)
    _load(going, pool, again=True)
    for run in going:
        run.post(Verify())
    for run in going:
        checked = run.collect()
        if checked is not None:
            run.compare_exact(run.metrics, checked.metrics)
        for operation in run.operations if run.ended is None else ():
            operation.warm_up(SAMPLE_NS)


def _pairs(live: Sequence[CaseRun], baseline: CaseRun | None) -> Iterator[tuple[TimedOperation, TimedOperation]]:
    """Every operation with the one that it is compared with: the baseline's of the same name, or itself."""
    for run in live:
        for operation in run.operations:
            yield operation, _partner(operation, baseline) or operation


def _partner(operation: TimedOperation, baseline: CaseRun | None) -> TimedOperation | None:
    return next((other for other in (baseline.operations if baseline else ()) if other.name == operation.name), None)


def _recheck(run: CaseRun) -> Metrics:
    """After the rounds: memory in its own pass, the output once more, and what the plugin left behind."""
    memory = run.ask(MeasureMemory()) or Metrics()
    run.ask(Recheck())
    run.ask(Unload())
    if run.ended is None and (children := run.worker.offspring()):
        run.fail(f"it left {len(children)} process(es) running, whose time nobody counts", "end them before returning")
    return memory


def _choose_clocks(runs: Sequence[CaseRun], threads: int) -> None:
    """Have operations of one name timed by one clock: wall time where one of them waits, or there are threads."""
    operations = [operation for run in runs for operation in run.operations]
    outside = {each.name for each in operations if threads > 1 or each.clock == "wall" or waits(each.samples)}
    for operation in operations:
        operation.clock = "wall" if operation.name in outside else "cpu"


def _figures(run: CaseRun, baseline: CaseRun | None, probes: Sequence[ProbeTiming]) -> Metrics:
    """The result of a case: its exact figures, its speeds, its ratios, its share of the machine."""
    metrics, timings = run.metrics, run.timings()
    for operation, timing in zip(run.operations, timings, strict=True):
        metrics |= speeds(timing, operation.clock, tokens=operation.tokens, size=operation.size)
        partner = _partner(operation, baseline)
        if partner is not None:
            ratio = paired_ratio(operation.samples, partner.samples, clock=operation.clock)
            metrics |= comparison(operation.name, ratio, itself=partner is operation)
    if baseline is not None:
        metrics |= Metrics(baseline=baseline.case.plugin) | compression(run.metrics, baseline.metrics)
    return metrics | _machine(run, timings[0], {probe.name: probe for probe in probes}) | Metrics(busy=busy(metrics))


def _shape_of(case: Case, metrics: Metrics) -> Metrics:
    """Where the time of an attention row goes: into the call, or into the stages of a pipeline."""
    if not isinstance(case, AttentionCase):
        return Metrics()
    return stages(metrics) if case.workload.level == "pipeline" else overhead(metrics)


def _machine(run: CaseRun, timing: Timing, probes: Mapping[str, ProbeTiming]) -> Metrics:
    """The first operation beside what the machine could do in the same rounds."""
    if isinstance(run.case, AttentionCase):
        return account(run.case.workload, timing, run.operations[0].clock, probes)
    size, clock = run.operations[0].size or 0, run.operations[0].clock
    return Metrics(copy_fraction=machine_share(timing, clock, size, probes.get("copy")))
