"""Interleaved rounds: every entry is sampled once a round, so that drift of the machine hits all alike."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, Protocol, TypeVar

from assay.records.results import Sample
from assay.stats.paired_ratio import precision

FEWEST = 10
FEWEST_LONG = 7
LOOK_EVERY = 5
Stop = Literal["precision", "budget"]
T = TypeVar("T")


class TimedOperation(Protocol):
    """One timed operation of one case, or an anchor."""

    samples: list[Sample]
    judged: bool

    @property
    def alive(self) -> bool:
        """Whether it can still be sampled."""

    def begin(self) -> None:
        """Take the first reading of a sample, or be alive no more."""

    def end(self) -> None:
        """Take the second and append the sample, or be alive no more."""


def sample_rounds(
    entries: Sequence[TimedOperation],
    baselines: Sequence[TimedOperation],
    *,
    budget_s: float,
    wanted: float,
    seed: int,
    tick: Callable[[int, float], object] = lambda done, left: None,
) -> Stop:
    """Sample all entries in turn until every judged ratio is known to the `wanted` share, or the time is spent.

    A round is there and back, a reading each: A B C, C B A; what drifts meanwhile drifts for all. Its order is
    drawn anew, and the next round has it backwards. `baselines` gives for each entry the one it is compared
    with, perhaps itself; those of one baseline follow each other. At least ten rounds are made, and seven where
    these take longer than the budget.
    `tick` is told the rounds done and the seconds left.
    """
    order = random.Random(seed)
    blocks: dict[int, list[TimedOperation]] = {}
    for entry, baseline in zip(entries, baselines, strict=True):
        blocks.setdefault(id(baseline), []).append(entry)
    turns = list(entries)
    end = time.monotonic() + budget_s
    done, look = 0, FEWEST
    while any(entry.alive and entry.judged for entry in entries):
        if done % 2 == 0:
            turns = [entry for block in _shuffled(order, blocks.values()) for entry in _shuffled(order, block)]
        else:
            turns.reverse()
        for entry in turns:
            if entry.alive:
                entry.begin()
        for entry in reversed(turns):
            if entry.alive:
                entry.end()
        done += 1
        left = end - time.monotonic()
        tick(done, left)
        if done < (FEWEST if left > 0 else FEWEST_LONG):
            continue
        if wanted > 0.0 and done >= look:
            if _precise(entries, baselines, wanted):
                return "precision"
            look = done + max(LOOK_EVERY, done // 10)  # a look costs time that grows with the samples
        if left <= 0:
            return "budget"
    return "budget"


def _shuffled(order: random.Random, things: Iterable[T]) -> list[T]:
    drawn = list(things)
    order.shuffle(drawn)
    return drawn


def _precise(entries: Sequence[TimedOperation], baselines: Sequence[TimedOperation], wanted: float) -> bool:
    return all(
        precision(entry.samples, baseline.samples if baseline.alive else entry.samples) <= wanted
        for entry, baseline in zip(entries, baselines, strict=True)
        if entry.judged and entry.alive
    )
