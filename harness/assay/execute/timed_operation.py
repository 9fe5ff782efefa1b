"""One timed operation as the rounds see it: of a case, or a probe of the machine."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter_ns  # bound here, before any plugin can replace it
from typing import Any

from assay.execute.worker.protocol import Request
from assay.execute.worker.requests import Calibrate, Calibrated, KeepAnswer, TakeSample
from assay.records.results import Sample
from assay.records.verdicts import Clock

SEED_BITS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A call of a batch, which follows from its seed and iterations."""

    seed: int
    iterations: int
    call: int


@dataclass(frozen=True, slots=True)
class SeenBatch:
    """A batch as its process claims it, and the time of the request by the host's own clocks.

    `cpu_ns` is the CPU time of the process, None where the host cannot read it.
    """

    claimed: Sample
    wall_ns: int
    cpu_ns: int | None


@dataclass(slots=True, kw_only=True, eq=False)
class TimedOperation:
    """An operation in a worker, and its samples so far.

    `ask` takes a step in the worker, and returns None when that cannot be any more. `judged` ones decide when the
    rounds are precise enough. `cpu_ns` reads the CPU clock of the process, `seen` has the batches of this epoch. A
    sample is two batches of `iterations` calls each, or one of a single long call. All of them took `spent_ns` of wall
    time, with what is done around the calls.
    `chance` draws the values of each batch. Of an operation with `answers` one call of an epoch is `kept` for the
    judge, and each is as likely to be it.
    """

    name: str
    clock: Clock
    tokens: int
    size: int | None
    ask: Callable[[Request[Any]], Any]
    is_alive: Callable[[], bool]
    cpu_ns: Callable[[], int | None] = lambda: None
    judged: bool = True
    answers: bool = False
    chance: random.Random = field(default_factory=random.Random)
    kept: Answered | None = None
    iterations: int = 1
    spent_ns: int = 0
    epoch: int = 0
    samples: list[Sample] = field(default_factory=list)
    seen: list[SeenBatch] = field(default_factory=list)
    _batches: list[Sample] = field(default_factory=list)
    _taken: int = 0

    @property
    def alive(self) -> bool:
        """Whether it can still be sampled."""
        return self.is_alive()

    def warm_up(self, target_ns: int) -> int:
        """Make it ready to be timed; return the iterations that take about so many nanoseconds."""
        calibrated: Calibrated | None = self.ask(Calibrate(operation=self.name, target_ns=target_ns))
        return 1 if calibrated is None else calibrated.iterations

    def begin(self) -> None:
        """Take the first batch of a sample, or be alive no more."""
        self._batches = []
        self._take_batch()

    def end(self) -> None:
        """Take the second, unless a single call is long enough, and append the sample; or be alive no more."""
        if self.iterations > 1:
            self._take_batch()
        if self.alive:
            self._append()

    def take(self) -> None:
        """Take one batch, a sample by itself, or be alive no more."""
        self.begin()
        if self._batches:
            self._append()

    def _take_batch(self) -> None:
        seed, iterations = self.chance.getrandbits(SEED_BITS), self.iterations
        cpu, wall = self.cpu_ns(), perf_counter_ns()
        sampled: Sample | None = self.ask(TakeSample(operation=self.name, iterations=iterations, seed=seed))
        wall, after = perf_counter_ns() - wall, self.cpu_ns()
        self.spent_ns += wall
        if sampled is None:
            return
        self._batches.append(sampled)
        self.seen.append(SeenBatch(sampled, wall, None if cpu is None or after is None else after - cpu))
        self._taken += self.answers
        if self.answers and self.chance.random() * self._taken < 1.0:
            self.kept = Answered(seed=seed, iterations=iterations, call=self.chance.randrange(iterations))
            self.ask(KeepAnswer(call=self.kept.call))

    def release(self) -> Answered | None:
        """Return which answer was kept for the judge, and begin anew."""
        kept, self.kept, self._taken = self.kept, None, 0
        return kept

    def _append(self) -> None:
        batches = self._batches
        self.samples.append(
            Sample(
                iterations=self.iterations * len(batches),
                wall_ns=sum(batch.wall_ns for batch in batches),
                cpu_ns=sum(batch.cpu_ns for batch in batches),
                epoch=self.epoch,
            )
        )


def calibrate(pairs: Sequence[tuple[TimedOperation, TimedOperation]], target_ns: int) -> None:
    """Find the iterations of a batch for each operation, given with what it is compared with.

    Where the two are alike they get the same: a batch begins with cold caches, whose share depends on its iterations.
    """
    for operation, _ in pairs:
        operation.iterations = operation.warm_up(target_ns)
    for operation, partner in pairs:
        if partner.iterations <= 2 * operation.iterations and operation.iterations <= 2 * partner.iterations:
            operation.iterations = partner.iterations
