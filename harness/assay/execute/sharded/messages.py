"""What a worker is asked to do with a shard, and what it answers: JSON, so that any engine can carry it."""

from __future__ import annotations

from dataclasses import dataclass

from assay.corpus.shards import Shard
from assay.execute.sharded.partial_counts import MergeableCounts
from assay.execute.worker.requests import PluginSelection
from assay.records.refusal import Refusal

EVERY_PLUGIN = PluginSelection()


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedPlugin:
    """A tokenizer that is to count: what it is trained on, and the fingerprint that it must have."""

    tokenizer: str
    trained_on: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Documents drawn by chance: those whose number, as a share of all numbers, is in [low, high)."""

    low: float = 0.0
    high: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Count a shard with some tokenizers; with none, only look at it.

    `sha256` is what it was when it was looked at.
    """

    shard: Shard
    sha256: str = ""
    subjects: tuple[CountedPlugin, ...] = ()
    plugins: PluginSelection = EVERY_PLUGIN
    draw: Draw = Draw()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The counts of one tokenizer on a shard, in so many seconds of CPU time; or why there are none."""

    partial: MergeableCounts | None = None
    cpu_s: float = 0.0
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAnswer:
    """What a worker on a `machine` found: the sha256 of the shard, and the counts of each tokenizer, in order.

    `read_s` and `words_s` are the seconds of CPU time that reading, and finding words, took. `refusal` is why there is
    nothing.
    """

    machine: str
    sha256: str = ""
    counted: tuple[Counted, ...] = ()
    read_s: float = 0.0
    words_s: float = 0.0
    refusal: Refusal | None = None
