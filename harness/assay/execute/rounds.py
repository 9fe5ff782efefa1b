"""Interleaved rounds in counterbalanced (ABBA) order, so that drift of the machine hits all operations alike."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeVar

from assay.execute.timed_operation import TimedOperation
from assay.records.results import FRESH, Sample
from assay.stats.paired_ratio import precision

FEWEST = 10
FEWEST_LONG = 7
FRESH_SHARE = 0.125  # of the time of all rounds
Stop = Literal["precision", "budget"]
T = TypeVar("T")


def sample_rounds(
    operations: Sequence[TimedOperation],
    baselines: Sequence[TimedOperation],
    *,
    budget_s: float,
    wanted: float,
    seed: int,
    fewest: tuple[int, int] = (FEWEST, FEWEST_LONG),
    tick: Callable[[int, float], object] = lambda done, left: None,
) -> Stop:
    """Sample all operations in turn until every judged ratio is known to the `wanted` share, or the time is spent.

    A round is in counterbalanced order, a batch each: A B C, C B A. What drifts meanwhile drifts for all. Its order
    is drawn anew, and the next round has it backwards. `baselines` has for each operation the one it is compared
    with, perhaps itself; those of one baseline follow each other. At least the `fewest` rounds are made: the
    first number, ten, or the second, seven, where those take longer than the budget.
    Operations on fresh text take part in the rounds that leave them an eighth of all time, and in the first; they do
    not decide when the rounds end. `tick` is told the rounds done and the seconds left.
    """
    order = random.Random(seed)
    blocks: dict[int, list[TimedOperation]] = {}
    for operation, baseline in zip(operations, baselines, strict=True):
        blocks.setdefault(id(baseline), []).append(operation)
    turns = list(operations)
    end = time.monotonic() + budget_s
    done, look = 0, fewest[0]
    while any(operation.alive and operation.judged for operation in operations):
        if done % 2 == 0:
            turns = [operation for block in _shuffled(order, blocks.values()) for operation in _shuffled(order, block)]
        else:
            turns.reverse()
        taking = turns if _time_for_fresh(operations) else [each for each in turns if each.name != FRESH]
        for operation in taking:
            if operation.alive:
                operation.begin()
        for operation in reversed(taking):
            if operation.alive:
                operation.end()
        done += 1
        left = end - time.monotonic()
        tick(done, left)
        if done < fewest[0 if left > 0 else 1]:
            continue
        if wanted > 0.0 and done >= look:
            if _precise(operations, baselines, wanted):
                return "precision"
            look = done + max(1, done // 10)  # a look costs time that grows with the samples
        if left <= 0:
            return "budget"
    return "budget"


def _shuffled(order: random.Random, things: Iterable[T]) -> list[T]:
    drawn = list(things)
    order.shuffle(drawn)
    return drawn


def _time_for_fresh(operations: Sequence[TimedOperation]) -> bool:
    """Whether fresh text took at most its share so far, in all epochs."""
    spent = sum(operation.spent_ns for operation in operations if operation.name == FRESH)
    return spent <= FRESH_SHARE * sum(operation.spent_ns for operation in operations)


def _of_epoch(operation: TimedOperation) -> list[Sample]:
    return [sample for sample in operation.samples if sample.epoch == operation.epoch]


def _precise(operations: Sequence[TimedOperation], baselines: Sequence[TimedOperation], wanted: float) -> bool:
    """Whether every ratio is known; a baseline has none, and is judged by its own times where it is alone."""
    pairs = [
        (operation, baseline if baseline.alive else operation)
        for operation, baseline in zip(operations, baselines, strict=True)
        if operation.judged and operation.alive and operation.name != FRESH
    ]
    compared = {id(baseline) for operation, baseline in pairs if operation is not baseline}
    return all(
        precision(ours := _of_epoch(operation), ours if operation is baseline else _of_epoch(baseline)) <= wanted
        for operation, baseline in pairs
        if operation is not baseline or id(operation) not in compared
    )
