"""What a worker is asked to do with a shard, and what it answers: text, so that any engine can carry it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from assay.corpus.shards import Shard
from assay.execute.sharded.partial_counts import MergeableCounts, partial_from_json, partial_to_json
from assay.records.results import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugins:
    """Which plugins there are, as `discover` takes them."""

    plugins: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    load: str | None = None


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
    plugins: Plugins = Plugins()
    draw: Draw = Draw()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What one tokenizer came to on a shard, in so many seconds of CPU time; or, with a status, why to nothing."""

    partial: MergeableCounts | None = None
    cpu_s: float = 0.0
    status: Status = Status.OK
    reason: str | None = None
    remedy: str | None = None
    expected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAnswer:
    """What a worker on a `machine` found: the sha256 of the shard, and what each tokenizer came to, in order.

    `read_s` and `words_s` are the seconds of CPU time that reading, and finding words, took. `failed` says why nothing
    came of it.
    """

    machine: str
    sha256: str = ""
    counted: tuple[Counted, ...] = ()
    read_s: float = 0.0
    words_s: float = 0.0
    failed: str | None = None
    remedy: str | None = None


def task_to_json(task: Task) -> str:
    """Write a task."""
    return json.dumps(asdict(task))


def task_from_json(text: str) -> Task:
    """Read a task."""
    fields: dict[str, Any] = json.loads(text)
    plugins = fields["plugins"]
    return Task(
        shard=Shard(**fields["shard"]),
        sha256=fields["sha256"],
        subjects=tuple(CountedPlugin(**each) for each in fields["subjects"]),
        plugins=Plugins(plugins=tuple(plugins["plugins"]), block=tuple(plugins["block"]), load=plugins["load"]),
        draw=Draw(**fields["draw"]),
    )


def answer_to_json(answer: TaskAnswer) -> str:
    """Write an answer."""
    return json.dumps(
        {
            "machine": answer.machine,
            "sha256": answer.sha256,
            "read_s": answer.read_s,
            "words_s": answer.words_s,
            "failed": answer.failed,
            "remedy": answer.remedy,
            "counted": [counted_to_json(each) for each in answer.counted],
        },
        separators=(",", ":"),
    )


def answer_from_json(text: str) -> TaskAnswer:
    """Read an answer."""
    fields: dict[str, Any] = json.loads(text)
    return TaskAnswer(**fields | {"counted": tuple(map(counted_from_json, fields["counted"]))})


def counted_to_json(counted: Counted) -> Mapping[str, object]:
    """Write what one tokenizer came to."""
    return {
        "partial": None if counted.partial is None else partial_to_json(counted.partial),
        "cpu_s": counted.cpu_s,
        "status": counted.status.value,
        "reason": counted.reason,
        "remedy": counted.remedy,
        "expected": counted.expected,
    }


def counted_from_json(fields: Mapping[str, Any]) -> Counted:
    """Read what one tokenizer came to."""
    partial = None if fields["partial"] is None else partial_from_json(fields["partial"])
    return Counted(**{**fields, "partial": partial, "status": Status(fields["status"])})
