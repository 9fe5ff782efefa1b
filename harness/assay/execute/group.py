"""One group of comparable cases: checked, then timed in rounds with each other and the machine's anchors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from assay.corpus.sampling import enough
from assay.execute.case_run import CaseRun, without_speed
from assay.execute.rounds import Stop, sample_rounds
from assay.execute.timed_operation import TimedOperation, calibrate
from assay.execute.worker_pool import ANCHOR_NS, WorkerPool, anchor_pairs
from assay.measure.gpu_timer import on_gpu
from assay.measure.roofline import account, overhead, stages
from assay.measure.throughput import agreement, comparison, full_pass, machine_share, speeds
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
from assay.records.serialization import case_to_json
from assay.stats.paired_ratio import paired_ratio
from assay.tokenizer.metrics import compression

SAMPLE_NS = 5_000_000
FEWEST_CALLS = 5


def run_group(
    name: str,
    cases: Sequence[Case],
    crew: WorkerPool,
    budget_s: float,
    tick: Callable[[str, int, float], object] = lambda phase, done, left: None,
) -> GroupResult:
    """Measure the cases of one group; each gets a measurement, whatever happens to it.

    `tick` is told the phase, the rounds done and the seconds left.
    """
    finished, running = _assign(cases, crew)
    tick("loading", 0, budget_s)
    _load(running, crew)
    _draw(running, lambda documents: tick(f"sampling {documents:,} documents", 0, budget_s))
    for item in running:
        tick(f"predicting {item.case.plugin}", 0, budget_s)
        predict(item, crew.settings.budget_s)
    for item in running:
        tick(f"checking {item.case.plugin}{_foretold(item)}", 0, budget_s)
        item.check()
    live = [item for item in running if item.ended is None]
    calibrate(list(_pairs(live, _baseline(live, crew.settings.baselines))), SAMPLE_NS)
    stop, anchors = _rounds(name, live, crew, budget_s, lambda done, left: tick("round", done, left))
    memory = {}
    for item in live:
        tick(f"memory of {item.case.plugin}", 0, 0.0)
        memory[item.case.id] = _recheck(item)
    whole = [item for item in live if item.ended is None]
    baseline = _baseline(whole, crew.settings.baselines)
    for item in whole:
        metrics = _figures(item, baseline, anchors) | memory[item.case.id] | item.predicted
        metrics |= Metrics(stopped_by=stop) | full_pass(metrics)
        metrics |= _shape_of(item.case, metrics)
        item.succeed(metrics | agreement(metrics, item.entries[0].name), restarted=crew.died_before(item.case))
        if crew.settings.metrics:
            tick(f"metrics of {item.case.plugin}", 0, 0.0)
        item.add(crew.adding)
    measured = {item.case.id: item.ended for item in running if item.ended is not None}
    measured |= {row.case.id: row for row in finished}
    return GroupResult(measurements=tuple(measured[case.id] for case in cases), anchors=anchors)


def _assign(cases: Sequence[Case], crew: WorkerPool) -> tuple[list[Measurement], list[CaseRun]]:
    """Give each case that can be done a worker; all workers start at once."""
    finished: list[Measurement] = []
    running: list[CaseRun] = []
    for case in cases:
        refusal = crew.refusal(case)
        if refusal is not None:
            finished.append(without_speed(case, refusal))
        else:
            running.append(CaseRun(case=case, worker=crew.worker(case), died=crew.buried))
    return finished, running


def _load(items: Sequence[CaseRun], crew: WorkerPool) -> None:
    """Load all cases at once: importing takes the most time, and nothing is timed yet."""
    for item in items:
        item.worker.printed()
        work = {"case": case_to_json(item.case), "documents": item.documents}
        item.post("load", work=work, setup=crew.setup(item.worker))
    for item in items:
        item.collect("load")


def _draw(items: Sequence[CaseRun], tick: Callable[[int], object]) -> None:
    """Where a sample is asked for, have all keep to the same one, just large enough for each of them."""

    def doubt(documents: int) -> float:
        tick(documents)
        going = [item for item in items if item.ended is None]
        for item in going:
            item.documents = documents
        return max((item.ask("size", documents=documents).get("doubt", 0.0) for item in going), default=0.0)

    targets = {item.case.sample for item in items if isinstance(item.case, TokenizerCase)} - {0.0}
    if targets:
        enough(doubt, min(targets))


def predict(item: CaseRun, budget_s: float) -> None:
    """Predict time and memory of a case; skip it where five calls, or the memory of one, are more than there is."""
    answer = item.ask("predict")
    item.predicted = Metrics(answer.get("metrics", {}))
    need, room = float(item.predicted.get("predicted_bytes", 0.0)), answer.get("room")
    if item.ended is None and room is not None and need > room:
        elsewhere = isinstance(item.case, AttentionCase) and on_gpu(item.case.workload.device)
        remedy = "free memory of the device" if elsewhere else "free memory, or raise --memory"
        item.skip(f"predicted {need / 2**30:.1f} GiB > {room / 2**30:.1f} GiB", remedy)
    seconds = float(item.predicted.get("predicted_seconds", 0.0))
    if item.ended is None and seconds * FEWEST_CALLS > budget_s:
        item.skip(f"predicted {seconds:.1f} s a call: {FEWEST_CALLS} calls > {budget_s:g} s", "raise --budget")


def _foretold(item: CaseRun) -> str:
    """What is known of a call before it is made."""
    seconds = item.predicted.get("predicted_seconds")
    return "" if seconds is None else f", about {float(seconds):.2g} s a call"


def _baseline(items: Sequence[CaseRun], names: Sequence[str]) -> CaseRun | None:
    """The first of the named baselines that the group has, else its first case."""
    named = [item for name in names for item in items if item.case.plugin == name]
    return next(iter([*named, *items]), None)


def _rounds(
    group: str, live: Sequence[CaseRun], crew: WorkerPool, budget_s: float, tick: Callable[[int, float], object]
) -> tuple[Stop, tuple[ProbeTiming, ...]]:
    """Sample every operation of every live case, and the anchors, in turn."""
    if not live:
        return "budget", ()
    arithmetic = _arithmetic(live)
    anchors = crew.anchors(arithmetic=arithmetic)
    calibrate(list(anchor_pairs(anchors)), ANCHOR_NS)
    for anchor in anchors.values():
        anchor.samples = []
    stops: set[Stop] = set()
    for epoch in range(crew.settings.epochs):
        if epoch:
            tick(0, budget_s)
            crew.renew_anchors(arithmetic=arithmetic)
            _renew(live, crew)
        pairs = [*_pairs(live, _baseline(live, crew.settings.baselines)), *anchor_pairs(anchors)]
        entries = [entry for entry, _ in pairs]
        for entry in entries:
            entry.epoch = epoch
        later = crew.settings.epochs - 1 - epoch
        share = budget_s / crew.settings.epochs
        with crew.together():
            stopped = sample_rounds(
                entries,
                [partner for _, partner in pairs],
                budget_s=share,
                wanted=crew.settings.precision,
                seed=crew.settings.seed + epoch,
                tick=partial(_tell, tick, later * share),
            )
        stops.add(stopped)
    return "precision" if stops == {"precision"} else "budget", tuple(
        ProbeTiming(group=group, name=name, work=anchor.tokens, samples=tuple(anchor.samples))
        for name, anchor in anchors.items()
    )


def _arithmetic(live: Sequence[CaseRun]) -> str:
    """The `dtype/device` of a group of attention cases, whose peak is sampled beside them."""
    workloads = [item.case.workload for item in live if isinstance(item.case, AttentionCase)]
    return f"{workloads[0].dtype}/{workloads[0].device}" if workloads else ""


def _tell(tick: Callable[[int, float], object], later_s: float, done: int, left_s: float) -> None:
    """Count the later epochs into the time left."""
    tick(done, left_s + later_s)


def _renew(live: Sequence[CaseRun], crew: WorkerPool) -> None:
    """Go on in fresh processes; what is exact must come out again."""
    going = [item for item in live if item.ended is None]
    for item in going:
        item.worker = crew.renew(item.worker)
    _load(going, crew)
    for item in going:
        item.hold_to(item.metrics, Metrics(item.ask("check").get("metrics", {})))
        for entry in item.entries if item.ended is None else ():
            entry.warm_up(SAMPLE_NS)


def _pairs(live: Sequence[CaseRun], baseline: CaseRun | None) -> Iterator[tuple[TimedOperation, TimedOperation]]:
    """Every operation with the one that it is compared with: the baseline's of the same name, or itself."""
    for item in live:
        for entry in item.entries:
            yield entry, _partner(entry, baseline) or entry


def _partner(entry: TimedOperation, baseline: CaseRun | None) -> TimedOperation | None:
    return next((other for other in (baseline.entries if baseline else ()) if other.name == entry.name), None)


def _recheck(item: CaseRun) -> Metrics:
    """After the rounds: memory in its own pass, the gate once more, and what the plugin left behind."""
    memory = Metrics(item.ask("memory"))
    item.ask("recheck")
    item.ask("unload")
    if item.ended is None and (children := item.worker.offspring()):
        item.fail(f"it left {len(children)} process(es) running, whose time nobody counts", "end them before returning")
    return memory


def _figures(item: CaseRun, baseline: CaseRun | None, anchors: Sequence[ProbeTiming]) -> Metrics:
    """What a case comes to: its exact figures, its speeds, its ratios, its share of the machine."""
    metrics, timings = item.metrics, item.timings()
    for entry, timing in zip(item.entries, timings, strict=True):
        metrics |= speeds(timing, tokens=entry.tokens, size=entry.size)
        partner = _partner(entry, baseline)
        if partner is not None:
            metrics |= comparison(entry.name, paired_ratio(entry.samples, partner.samples), itself=partner is entry)
    if baseline is not None:
        metrics |= Metrics(baseline=baseline.case.plugin) | compression(item.metrics, baseline.metrics)
    return metrics | _machine(item, timings[0], {anchor.name: anchor for anchor in anchors})


def _shape_of(case: Case, metrics: Metrics) -> Metrics:
    """Where the time of an attention row goes: into the call, or into the stages of a pipeline."""
    if not isinstance(case, AttentionCase):
        return Metrics()
    return stages(metrics) if case.workload.level == "pipeline" else overhead(metrics)


def _machine(item: CaseRun, timing: Timing, anchors: Mapping[str, ProbeTiming]) -> Metrics:
    """What the first operation comes to, beside what the machine could do in the same rounds."""
    if isinstance(item.case, AttentionCase):
        return account(item.case.workload, timing, anchors)
    return Metrics(copy_fraction=machine_share(timing, item.entries[0].size or 0, anchors.get("copy")))
