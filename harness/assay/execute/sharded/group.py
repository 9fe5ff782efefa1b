"""One corpus of shards: counted with all tokenizers over the workers of an executor, and never timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing

from assay.corpus.shard_reader import CHUNK
from assay.corpus.shards import Shard, find_shards, total_size
from assay.errors import AssayError, Unavailable, reason_of
from assay.execute.sharded.aggregation import figures
from assay.execute.sharded.coordinator import Coordinator, Tally, guarded
from assay.execute.sharded.count_cache import CountCache
from assay.execute.sharded.fingerprint import fingerprint
from assay.execute.sharded.messages import CountedPlugin, Plugins
from assay.execute.sharded.task_runner import training_of
from assay.plugins.executor import Executor, ExecutorConfig
from assay.plugins.host import Host
from assay.plugins.types import ExecutorPlugin, TokenizerPlugin
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
    shards = find_shards(cases[0].corpus, settings.field)
    rows: dict[TokenizerCase, Measurement] = {}
    subjects: dict[TokenizerCase, CountedPlugin] = {}
    for case in cases:
        try:
            subjects[case] = subject_of(host, case)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a corpus that is trained on may be a plugin's
            rows[case] = _refused(case, error)
    plugin = executor_of(host, settings)
    executor = _opened(plugin, _spread(settings, shards, len(subjects)))
    with closing(executor):
        plugins = Plugins(plugins=settings.plugins, block=settings.block, load=settings.load)
        census = Coordinator(shards, list(subjects.values()), plugins, executor, CountCache(), fresh=settings.fresh)

        def tell(phase: str) -> None:
            tick(phase, 0, 0.0)

        def whole() -> None:
            census.look(tell)
            census.count_all(cases[0].sample, settings.seed, tell)

        if subjects:
            guarded(census, whole, plugin.name)
        seconds = time.perf_counter() - began
        label = f"{plugin.name} ({executor.label})"
    for case, tally in zip(subjects, census.tallies, strict=True):
        rows[case] = _row(host, case, tally, shards, label, seconds)
    return GroupResult(measurements=tuple(rows[case] for case in cases))


def _opened(plugin: ExecutorPlugin, spread: ExecutorConfig) -> Executor:
    try:
        return plugin.open(spread)
    except (KeyboardInterrupt, AssayError):
        raise
    except BaseException as error:  # a plugin may raise SystemExit, or a panic that is no Exception
        raise AssayError(f"the executor {plugin.name} cannot begin: {reason_of(error)}") from None


def executor_of(host: Host, settings: Settings) -> ExecutorPlugin:
    """Give the executor that was asked for; raise `AssayError` where it is not there or lacks something."""
    plugin = host.one(ExecutorPlugin, settings.executor or LOCAL)
    missing = host.missing(plugin)
    if missing is not None:
        raise AssayError(f"the executor {plugin.name} {missing.what}", remedy=missing.remedy)
    return plugin


def subject_of(host: Host, case: TokenizerCase) -> CountedPlugin:
    """Say what is to count; raise `Unavailable` where it lacks something, and whatever its training text raises."""
    plugin = host.one(TokenizerPlugin, case.tokenizer)
    missing = host.missing(plugin)
    if missing is not None:
        raise Unavailable(f"{plugin.name} {missing.what}", remedy=missing.remedy)
    trained_on = case.trained_on or ""
    return CountedPlugin(
        tokenizer=case.tokenizer,
        trained_on=trained_on,
        fingerprint=fingerprint(host, plugin, training_of(host, plugin, trained_on)),
    )


def _spread(settings: Settings, shards: Sequence[Shard], subjects: int) -> ExecutorConfig:
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
    """The row of a tokenizer: its figures and how they were come by, or why there are none."""
    took = Metrics(
        shards=len(shards),
        shard_bytes=total_size(shards),
        shards_kept=tally.kept,
        restarts=tally.restarts,
        counted_by=label,
        counted_on=", ".join(sorted(tally.machines)) or NOWHERE,
        counted_seconds=seconds,
        counted_cpu_seconds=tally.cpu_s + tally.read_s,
    )
    ended = tally.ended
    if ended is not None:
        return Measurement(
            case=case,
            status=ended.status,
            reason=ended.reason,
            remedy=ended.remedy or _remedy(host, case),
            expected=ended.expected,
            metrics=took,
        )
    assert tally.part is not None, "there is at least one shard"
    if not tally.part.total.documents:
        return Measurement(case=case, status=Status.FAILED, reason="the shards have no documents", metrics=took)
    exact = figures(host.one(TokenizerPlugin, case.tokenizer), tally.part, sampled=bool(case.sample))
    notes = [f"{tally.restarts} time(s) a shard was started again, after its worker died"] if tally.restarts else []
    if tally.part.bad:
        notes.append(f"{tally.part.bad:,} bytes that are no UTF-8 were replaced by U+FFFD")
    if tally.part.whole:
        notes.append(
            f"{tally.part.whole:,} document(s) of more than {CHUNK:,} characters were taken whole, since it declares"
            " no splits_at"
        )
    metrics = exact | took | _full_pass(tally)
    return Measurement(case=case, status=Status.OK, reason="; ".join(notes) or None, metrics=metrics)


def _full_pass(tally: Tally) -> Metrics:
    """What counting all documents would take, from what a sample took; nothing where some of it was kept."""
    part = tally.part
    if part is None or tally.kept or not part.total.size or part.total.documents == part.seen:
        return Metrics()
    whole = tally.cpu_s * part.seen_size / part.total.size + tally.read_s / tally.draws
    return Metrics(full_pass_core_seconds=whole)


def _refused(case: TokenizerCase, error: BaseException) -> Measurement:
    return Measurement(
        case=case,
        status=Status.SKIPPED if isinstance(error, Unavailable) else Status.FAILED,
        reason=reason_of(error),
        remedy=error.remedy if isinstance(error, AssayError) else None,
    )


def _remedy(host: Host, case: TokenizerCase) -> str:
    origin = host.origin(host.one(TokenizerPlugin, case.tokenizer))
    return f"mend it, or leave it out with --block {origin.block}"
