"""One group of comparable cases: checked, then timed in rounds with each other and the machine probes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from assay.corpus.sampling import enough
from assay.execute.case_run import CaseRun, check_together, judge_again
from assay.execute.claimed_ids import compare_claims
from assay.execute.epochs import SAMPLE_NS, baseline_of, load, paired_operations, partner_of, sample_epochs
from assay.execute.second_opinion import compare_cores, compare_limit
from assay.execute.timed_operation import calibrate
from assay.execute.tokenizer_conformance import TokenizerConformance
from assay.execute.worker.protocol import Request
from assay.execute.worker.requests import MeasureMemory, Predict, Predicted, Recheck, Size, Unload
from assay.execute.worker_pool import WorkerPool
from assay.measure.gpu_timer import on_gpu
from assay.measure.roofline import account, overhead, stages
from assay.measure.throughput import (
    agreement,
    busy,
    comparison,
    full_pass,
    machine_share,
    repetition,
    speeds,
    waits,
)
from assay.records.results import (
    FRESH,
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

FEWEST_CALLS = 5
PREDICTIONS = 3
A = TypeVar("A")


def run_group(
    name: str,
    cases: Sequence[Case],
    pool: WorkerPool,
    budget_s: float,
    tick: Callable[[str, int, float], object] = lambda phase, done, left: None,
    conformance: TokenizerConformance | None = None,
) -> GroupResult:
    """Measure the cases of one group; each gets a measurement, whatever happens to it.

    `tick` is told the phase, the rounds done and the seconds left. `conformance` is that of all groups of a run.
    The group is measured again where somebody killed a process, once for each plugin.
    """
    conformance = conformance or TokenizerConformance(pool)
    ended: dict[str, Measurement] = {}
    while (result := _measure(name, cases, pool, budget_s, tick, conformance, ended)) is None:
        tick("measuring again, since a process was killed", 0, budget_s)
    return result


def _measure(
    name: str,
    cases: Sequence[Case],
    pool: WorkerPool,
    budget_s: float,
    tick: Callable[[str, int, float], object],
    conformance: TokenizerConformance,
    ended: dict[str, Measurement],
) -> GroupResult | None:
    """Measure a group without the cases that ended; None where it is to be measured again."""
    finished, running = _assign([case for case in cases if case.id not in ended], pool)
    tick("loading", 0, budget_s)
    seconds = conformance.begin(running)
    load([*running, *seconds.values()], pool)
    _draw(running, lambda documents: tick(f"sampling {documents:,} documents", 0, budget_s))
    for run in running:
        tick(f"predicting {run.case.plugin}", 0, budget_s)
        with run.confined():
            predict(run, pool.settings.budget_s)
    _check(running, lambda what: tick(f"checking {what}", 0, budget_s))
    for run in [run for run in running if isinstance(run.case, TokenizerCase)]:
        tick(f"checking {run.case.plugin} on strings", 0, budget_s)
        conformance.verify(run, seconds.get(run))
    compare_claims(running, partial(_started, pool), pool.settings.run_seed or 0)
    live = [run for run in running if run.ended is None]
    if _repeat(running, pool, ended):
        _ask_all(live, Unload())
        return None
    calibrate(list(paired_operations(live, baseline_of(live, pool.settings.baselines))), SAMPLE_NS)
    stop, probes = sample_epochs(name, live, pool, budget_s, lambda done, left: tick("round", done, left))
    tick("memory", 0, 0.0)
    memory = _recheck(live)
    if _repeat(running, pool, ended):
        return None
    whole = [run for run in live if run.ended is None]
    offered = [[operation.clock for operation in run.operations] for run in whole]
    _choose_clocks(whole, pool.settings.threads)
    for run, clocks in zip(whole, offered, strict=True):
        with run.confined():
            compare_cores(run, clocks, pool.settings.threads)
            compare_limit(run, probes)
    whole = [run for run in whole if run.ended is None]
    baseline = baseline_of(whole, pool.settings.baselines)
    for run in whole:
        with run.confined():
            metrics = _figures(run, baseline, probes) | memory[run.case.id] | run.predicted
            metrics |= Metrics(stopped_by=stop) | full_pass(metrics)
            metrics |= _shape_of(run.case, metrics)
            run.succeed(metrics | agreement(metrics, run.operations[0].name), restarted=pool.died_before(run.case))
        if pool.settings.metrics:
            tick(f"metrics of {run.case.plugin}", 0, 0.0)
        run.add_plugin_metrics(pool.metric_worker)
    measured = ended | {run.case.id: run.ended for run in running if run.ended is not None}
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
            worker, judge = pool.worker(case), pool.judge(case)
            running.append(CaseRun(case=case, worker=worker, on_death=pool.mark_dead, judge=judge))
    return finished, running


def _repeat(runs: Sequence[CaseRun], pool: WorkerPool, ended: dict[str, Measurement]) -> bool:
    """Whether somebody killed a process of a plugin for the first time; note what has ended otherwise then."""
    again = [run for run in runs if run.killed and pool.try_again(run.case)]
    if again:
        ended |= {run.case.id: run.ended for run in runs if run.ended is not None and run not in again}
    return bool(again)


def _started(pool: WorkerPool, case: TokenizerCase, documents: int | None) -> CaseRun | None:
    """Check a case that is not part of the group; None where it cannot begin."""
    (finished, running) = _assign([case], pool)
    if finished:
        return None
    (run,) = running
    run.documents = documents
    load(running, pool)
    run.check()
    return run


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


def _check(runs: Sequence[CaseRun], tell: Callable[[str], object]) -> None:
    """Verify the outputs: of attentions at the same time, of tokenizers one by one, since their cold pass is timed."""
    together = [run for run in runs if isinstance(run.case, AttentionCase)]
    if together:
        tell(", ".join(f"{run.case.plugin}{_predicted(run)}" for run in together))
        check_together(together)
    for run in [run for run in runs if run not in together]:
        tell(f"{run.case.plugin}{_predicted(run)}")
        run.check()


def _predicted(run: CaseRun) -> str:
    seconds = run.predicted.get("predicted_seconds")
    return "" if seconds is None else f", about {float(seconds):.2g} s a call"


def _recheck(runs: Sequence[CaseRun]) -> dict[str, Metrics]:
    """After the rounds: memory in its own pass, the output once more, and what the plugin left behind.

    Returns the memory by the ids of the cases.
    """
    measured: list[Metrics | None] = _ask_all(runs, MeasureMemory())
    memory = {run.case.id: found or Metrics() for run, found in zip(runs, measured, strict=True)}
    _ask_all(runs, Recheck())
    judge_again(runs)
    _ask_all(runs, Unload())
    for run in runs:
        if run.ended is None and (children := run.worker.offspring()):
            reason = f"it left {len(children)} process(es) running, whose time nobody counts"
            run.fail(reason, "end them before returning")
    return memory


def _ask_all(runs: Sequence[CaseRun], request: Request[A]) -> list[A | None]:
    """Have all take a step at the same time."""
    for run in runs:
        run.post(request)
    return [run.collect() for run in runs]


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
        partner = partner_of(operation, baseline)
        if partner is not None:
            ratio = paired_ratio(operation.samples, partner.samples, clock=operation.clock)
            metrics |= comparison(operation.name, ratio, itself=partner is operation)
    metrics |= _repetition(run)
    if baseline is not None:
        metrics |= Metrics(baseline=baseline.case.plugin) | compression(run.metrics, baseline.metrics)
    return metrics | _machine(run, timings[0], {probe.name: probe for probe in probes}) | Metrics(busy=busy(metrics))


def _repetition(run: CaseRun) -> Metrics:
    """The speed on the same texts beside that on fresh ones, where both were timed by one clock."""
    named = {each.name: (each, timing) for each, timing in zip(run.operations, run.timings(), strict=True)}
    if not {"encode", FRESH} <= named.keys():
        return Metrics()
    (encode, repeated), (fresh, new) = named["encode"], named[FRESH]
    return repetition(repeated, new, encode.clock, (encode.size or 0, fresh.size or 0))


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
