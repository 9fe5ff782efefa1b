"""One corpus of shards: counted with all tokenizers over the workers of an executor, and never timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace

from assay.corpus.shard_reader import CHUNK
from assay.corpus.shards import Shard, find_shards, total_size
from assay.credentials import mask
from assay.errors import AssayError, PluginFailed, guard
from assay.execute.sharded.aggregation import figures
from assay.execute.sharded.coordinator import Coordinator, Tally
from assay.execute.sharded.count_cache import CountCache
from assay.execute.sharded.fingerprint import fingerprint
from assay.execute.sharded.isolated_executor import IsolatedExecutor
from assay.execute.sharded.local_executor import LocalExecutor
from assay.execute.sharded.messages import CountedPlugin
from assay.execute.sharded.process_pool import ProcessPool
from assay.execute.sharded.task_runner import training_of
from assay.execute.worker.requests import PluginSelection
from assay.plugins.executor import Executor, ExecutorConfig
from assay.plugins.host import Host
from assay.plugins.types import ExecutorPlugin, TokenizerPlugin
from assay.records.refusal import Refusal
from assay.records.results import GroupResult, Measurement, Metrics, Status, TokenizerCase
from assay.records.settings import Settings

LOCAL = "local"
NOWHERE = "no machine"
TIMED_BYTES = 10_000_000  # of a shard: for each of so many, a task may take as long as a step of a worker


def count_group(
    host: Host,
    cases: Sequence[TokenizerCase],
    settings: Settings,
    tick: Callable[[str, int, float], object] = lambda phase, done, left: None,
) -> GroupResult:
    """Count one corpus of shards; each case gets a row, whatever happens to it. `tick` is told how far it is.

    Raises `AssayError` for shards that are not there any more, and for an executor that cannot begin.
    """
    began = time.perf_counter()
    shards = find_shards(cases[0].corpus, settings.field, settings.timeout_s)
    subjects, refusals = subjects_of(host, cases)
    rows = {case: refusal.row(case) for case, refusal in refusals.items()}
    plugin = executor_of(host, settings)
    with guard(lambda reason: AssayError(f"the executor {plugin.name} cannot begin: {reason}")):
        executor = _opened(host, plugin, _config(settings, shards, len(subjects)), subjects)
    with closing(executor):
        coordinator = Coordinator(
            shards,
            list(subjects.values()),
            PluginSelection.of(settings, host),
            executor,
            CountCache(),
            fresh=settings.fresh,
        )

        def tell(phase: str) -> None:
            tick(phase, 0, 0.0)

        try:
            with guard():
                if subjects:
                    coordinator.look(tell)
                    coordinator.count_all(cases[0].sample, settings.seed, tell)
        except PluginFailed as error:  # an executor that breaks is everybody's failure
            coordinator.fail(Refusal(reason=f"the executor {plugin.name} failed: {error.message}"))
        seconds = time.perf_counter() - began
        label = mask(f"{plugin.name} ({executor.label})")
    for case, tally in zip(subjects, coordinator.tallies, strict=True):
        rows[case] = _row(host, case, tally, shards, label, seconds)
    return GroupResult(measurements=tuple(rows[case] for case in cases))


def _opened(host: Host, plugin: ExecutorPlugin, config: ExecutorConfig, cases: Iterable[TokenizerCase]) -> Executor:
    """Open an executor; what is of a third party, it or a tokenizer that it would count here, runs in a process."""
    if not host.is_trusted(plugin):
        return IsolatedExecutor(host, plugin, config)
    executor: Executor = plugin.open(config)
    foreign = any(not host.is_trusted(host.one(TokenizerPlugin, case.tokenizer)) for case in cases)
    if isinstance(executor, LocalExecutor) and foreign:
        return ProcessPool(replace(config, workers=1))
    return executor


def executor_of(host: Host, settings: Settings) -> ExecutorPlugin:
    """Return the executor that was asked for; raise `AssayError` where it is not there or lacks something."""
    plugin = host.one(ExecutorPlugin, settings.executor or LOCAL)
    host.need(plugin, f"the executor {plugin.name}")
    return plugin


def subjects_of(
    host: Host, cases: Sequence[TokenizerCase]
) -> tuple[dict[TokenizerCase, CountedPlugin], dict[TokenizerCase, Refusal]]:
    """Return what is to count, and why each of the others cannot."""
    subjects, refusals = {}, {}
    for case in cases:
        try:
            with guard():  # a corpus that is trained on may be a plugin's
                subjects[case] = _subject(host, case)
        except AssayError as error:
            refusals[case] = Refusal.of(error)
    return subjects, refusals


def _subject(host: Host, case: TokenizerCase) -> CountedPlugin:
    plugin = host.one(TokenizerPlugin, case.tokenizer)
    host.need(plugin)
    trained_on = case.trained_on or ""
    return CountedPlugin(
        tokenizer=case.tokenizer,
        trained_on=trained_on,
        fingerprint=fingerprint(host, plugin, training_of(host, plugin, trained_on)),
    )


def _config(settings: Settings, shards: Sequence[Shard], subjects: int) -> ExecutorConfig:
    largest = max(shard.size for shard in shards)
    return ExecutorConfig(
        workers=settings.workers,
        scheduler=settings.scheduler,
        memory_bytes=settings.memory_bytes,
        timeout_s=settings.timeout_s * max(1, subjects) * max(1, -(-largest // TIMED_BYTES)),
    )


def _row(
    host: Host, case: TokenizerCase, tally: Tally, shards: Sequence[Shard], label: str, seconds: float
) -> Measurement:
    """Return the row of a tokenizer: its figures and how they were counted, or why there are none."""
    took = Metrics(
        shards=len(shards),
        shard_bytes=total_size(shards),
        shards_kept=tally.cached,
        restarts=tally.restarts,
        counted_by=label,
        counted_on=", ".join(sorted(tally.machines)) or NOWHERE,
        counted_seconds=seconds,
        counted_cpu_seconds=tally.cpu_s + tally.read_s,
    )
    plugin = host.one(TokenizerPlugin, case.tokenizer)
    ended = tally.ended
    if ended is not None:
        return replace(ended, remedy=ended.remedy or host.remedy(plugin)).row(case, took)
    assert tally.part is not None, "there is at least one shard"
    if not tally.part.total.documents:
        return Refusal(reason="the shards have no documents").row(case, took)
    exact = figures(plugin, tally.part, sampled=bool(case.sample))
    notes = [f"{tally.restarts} time(s) a shard was started again, after its worker died"] if tally.restarts else []
    if tally.part.bad:
        notes.append(f"{tally.part.bad:,} bytes that are no UTF-8 were replaced by U+FFFD")
    if tally.part.passed_over:
        notes.append(f"{tally.part.passed_over:,} empty or null document(s) were passed over")
    if tally.part.whole:
        notes.append(
            f"{tally.part.whole:,} document(s) of more than {CHUNK:,} characters were taken whole, since it declares"
            " no splits_at"
        )
    metrics = exact | took | _full_pass(tally) | Metrics(passed_over=tally.part.passed_over or None)
    return Measurement(case=case, status=Status.OK, reason="; ".join(notes) or None, metrics=metrics)


def _full_pass(tally: Tally) -> Metrics:
    """What counting all documents would take, from what a sample took; nothing where some of it was kept."""
    part = tally.part
    if part is None or tally.cached or not part.total.size or part.total.documents == part.seen:
        return Metrics()
    whole = tally.cpu_s * part.seen_size / part.total.size + tally.read_s / tally.draws
    return Metrics(full_pass_core_seconds=whole)
