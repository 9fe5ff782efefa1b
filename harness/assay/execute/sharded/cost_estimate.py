"""Estimate what counting a corpus of shards takes, by counting some documents of one shard."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass

from assay.corpus.shards import Shard, find_shards, total_size
from assay.environment.cpu_affinity import available_cores
from assay.errors import AssayError
from assay.execute.sharded.aggregation import width
from assay.execute.sharded.group import executor_of, subjects_of
from assay.execute.sharded.messages import Counted, CountedPlugin, Draw, Task, TaskAnswer
from assay.execute.sharded.process_pool import ProcessPool
from assay.execute.sharded.task_runner import answer
from assay.execute.worker.requests import PluginSelection
from assay.plugins.executor import ExecutorConfig
from assay.plugins.host import Host
from assay.records.dataclass_json import from_json, to_json
from assay.records.results import TokenizerCase
from assay.records.settings import Settings

GAUGED_BYTES = 2_000_000  # of text: a second or so for each tokenizer
ENTRY_BYTES = 16  # of a histogram, as JSON: an id and its count
STRATA_BYTES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast one tokenizer counts here, in bytes of text per second of CPU time; or, without, why it cannot.

    `answer_bytes` is what it sends to the host for a shard at most, `width` what its documents so far leave in doubt.
    """

    tokenizer: str
    bytes_per_s: float | None = None
    answer_bytes: int = 0
    width: float = math.inf
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostEstimate:
    """What counting a corpus would take.

    `stored` are the bytes of its shards, `text` those of the documents in them, if all shards are like the one that
    was read; `largest` is the share of the largest shard. Reading a byte takes `read_s` seconds of CPU time, finding
    its words `words_s`; `share` is that of the documents which are drawn for a sample, 1 for all. `workers` are those
    of one machine.
    """

    corpus: str
    shards: int
    stored: int
    text: int
    documents: int
    largest: float
    read_s: float
    words_s: float
    paces: tuple[Pace, ...]
    share: float
    workers: int

    @property
    def core_s(self) -> float:
        """Seconds of CPU time for all of it: text is read once, and its words are found once, for all tokenizers."""
        encoding = sum(1.0 / pace.bytes_per_s for pace in self.paces if pace.bytes_per_s)
        return self.text * (self.read_s + self.share * (self.words_s + encoding))

    def wall_s(self, machines: int) -> float:
        """Seconds on so many machines like this one, if nothing is lost; the largest shard is not divided."""
        return self.core_s * max(1.0 / (machines * self.workers), self.largest)

    @property
    def answers(self) -> int:
        """Bytes that workers send to the host at most."""
        return self.shards * sum(pace.answer_bytes for pace in self.paces)


def forecast(host: Host, cases: Sequence[TokenizerCase], settings: Settings) -> CostEstimate:
    """Count some documents of the shard of middle size, in a process of its own, and reckon with all others.

    Raises `AssayError` for shards that are not there or cannot be read.
    """
    executor_of(host, settings)
    shards = find_shards(cases[0].corpus, settings.field, settings.timeout_s)
    gauged = sorted(shards, key=lambda shard: shard.size)[len(shards) // 2]
    subjects, refusals = subjects_of(host, cases)
    paces = {case.tokenizer: Pace(tokenizer=case.tokenizer, reason=why.reason) for case, why in refusals.items()}
    if not subjects:
        raise AssayError(next(iter(paces.values())).reason or "nothing can be counted")
    found = _gauge(gauged, list(subjects.values()), settings, host)
    first = next((each.partial for each in found.counted if each.partial is not None), None)
    paces |= {
        case.tokenizer: _pace(case.tokenizer, counted) for case, counted in zip(subjects, found.counted, strict=True)
    }
    if first is None:
        raise AssayError(next(pace.reason for pace in paces.values() if pace.reason) or "nothing can be counted")
    if not first.total.size:
        raise AssayError(f"the shards {cases[0].corpus} have no text, as far as {gauged.name} tells")
    stored, text, drawn = total_size(shards), first.seen_size, first.total
    scale = stored / max(1, gauged.size)
    documents = round(first.seen * scale)
    return CostEstimate(
        corpus=cases[0].corpus,
        shards=len(shards),
        stored=stored,
        text=round(text * scale),
        documents=documents,
        largest=max(shard.size for shard in shards) / max(1, stored),
        read_s=found.read_s / max(1, text),
        words_s=found.words_s / max(1, drawn.size),
        paces=tuple(paces[case.tokenizer] for case in cases),
        share=_share(cases[0].sample, drawn.documents, documents, paces.values()),
        workers=settings.workers or len(available_cores()),
    )


def _gauge(shard: Shard, subjects: Sequence[CountedPlugin], settings: Settings, host: Host) -> TaskAnswer:
    """Count documents of about two million bytes, drawn at random; all where the draw has none."""
    plugins = PluginSelection.of(settings, host)
    with closing(ProcessPool(ExecutorConfig(workers=1, memory_bytes=settings.memory_bytes))) as pool:

        def ask(task: Task) -> TaskAnswer:
            (ended,) = pool.map(answer, [to_json(task)])
            if ended.result is None:
                raise AssayError(f"counting documents of {shard.shown} failed: it {ended.error}")
            found = from_json(TaskAnswer, ended.result)
            if found.refusal is not None:
                raise AssayError(found.refusal.reason, remedy=found.refusal.remedy)
            return found

        sha256 = ask(Task(shard=shard, plugins=plugins)).sha256
        for high in (min(1.0, GAUGED_BYTES / max(1, shard.size)), 1.0):
            draw = Draw(high=high, seed=settings.seed)
            found = ask(Task(shard=shard, sha256=sha256, subjects=tuple(subjects), plugins=plugins, draw=draw))
            if any(each.partial is None or each.partial.total.documents for each in found.counted):
                break
    return found


def _pace(tokenizer: str, counted: Counted) -> Pace:
    if counted.partial is None:
        return Pace(tokenizer=tokenizer, reason=None if counted.refusal is None else counted.refusal.reason)
    part = counted.partial
    return Pace(
        tokenizer=tokenizer,
        bytes_per_s=part.total.size / counted.cpu_s if counted.cpu_s else None,
        answer_bytes=(part.vocabulary.size or 0) * ENTRY_BYTES + STRATA_BYTES,
        width=width(part),
    )


def _share(target: float, drawn: int, documents: int, paces: Iterable[Pace]) -> float:
    """The share of documents that a sample of this width needs; it falls with the square of the width."""
    if not target:
        return 1.0
    widths = [pace.width for pace in paces if pace.reason is None]
    worst = max(widths, default=math.inf)
    return min(1.0, drawn * (worst / target) ** 2 / max(1, documents)) if worst < math.inf else 1.0
