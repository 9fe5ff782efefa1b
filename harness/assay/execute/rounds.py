"""Interleaved rounds: every entry is sampled once a round, so that drift of the machine hits all alike."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from assay.records import Sample
from assay.stats import precision

FEWEST = 10
LOOK_EVERY = 5
Stop = Literal["precision", "budget"]


class Entry(Protocol):
    """One timed operation of one case, or an anchor."""

    samples: list[Sample]
    judged: bool

    @property
    def alive(self) -> bool:
        """Whether it can still be sampled."""

    def sample(self) -> None:
        """Append one sample, or be alive no more."""


def sample_rounds(
    entries: Sequence[Entry],
    baselines: Sequence[Entry],
    *,
    budget_s: float,
    wanted: float,
    seed: int,
    tick: Callable[[int, float], object] = lambda done, left: None,
) -> Stop:
    """Sample all entries in turn until every judged ratio is known to the `wanted` share, or the time is spent.

    `baselines` gives for each entry the one it is compared with, perhaps itself. The order of a round is
    drawn anew, and the next round goes through it backwards: A B C, C B A. At least ten rounds are made.
    `tick` is told the rounds done and the seconds left.
    """
    order = random.Random(seed)
    places = list(range(len(entries)))
    end = time.monotonic() + budget_s
    done = 0
    while any(entry.alive and entry.judged for entry in entries):
        if done % 2 == 0:
            order.shuffle(places)
        else:
            places.reverse()
        for place in places:
            if entries[place].alive:
                entries[place].sample()
        done += 1
        left = end - time.monotonic()
        tick(done, left)
        if done < FEWEST:
            continue
        if done % LOOK_EVERY == 0 and _precise(entries, baselines, wanted):
            return "precision"
        if left <= 0:
            return "budget"
    return "budget"


def _precise(entries: Sequence[Entry], baselines: Sequence[Entry], wanted: float) -> bool:
    return all(
        precision(entry.samples, baseline.samples if baseline.alive else entry.samples) <= wanted
        for entry, baseline in zip(entries, baselines, strict=True)
        if entry.judged and entry.alive
    )
