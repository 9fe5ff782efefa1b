"""One timed operation as the rounds see it: of a case, or an anchor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.records.results import Sample


@dataclass(slots=True, kw_only=True, eq=False)
class TimedOperation:
    """An operation in a worker, and its samples so far.

    `ask` takes a step in the worker and gives nothing when it cannot any more; `judged` entries decide
    when the rounds are precise enough. A sample is two readings of `loops` calls each, or one of a single
    long call.
    """

    name: str
    tokens: int
    size: int | None
    ask: Callable[..., Mapping[str, Any]]
    is_alive: Callable[[], bool]
    judged: bool = True
    loops: int = 1
    epoch: int = 0
    samples: list[Sample] = field(default_factory=list)
    _readings: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        """Whether it can still be sampled."""
        return self.is_alive()

    def warm_up(self, target_ns: int) -> int:
        """Make ready to be read; give the loops that a reading of about so many nanoseconds takes."""
        return int(self.ask("calibrate", operation=self.name, target_ns=target_ns).get("loops", 1))

    def begin(self) -> None:
        """Take the first reading of a sample, or be alive no more."""
        self._readings = []
        self._read()

    def end(self) -> None:
        """Take the second, unless a single call is long enough, and append the sample; or be alive no more."""
        if self.loops > 1:
            self._read()
        if self.alive:
            loops, walls, cpus = zip(*self._readings, strict=True)
            self.samples.append(Sample(loops=sum(loops), wall_ns=sum(walls), cpu_ns=sum(cpus), epoch=self.epoch))

    def take(self) -> None:
        """Take one reading, a sample by itself, or be alive no more."""
        self._readings = []
        self._read()
        for loops, wall, cpu in self._readings:
            self.samples.append(Sample(loops=loops, wall_ns=wall, cpu_ns=cpu, epoch=self.epoch))

    def _read(self) -> None:
        content = self.ask("sample", operation=self.name, loops=self.loops)
        if content:
            self._readings.append((self.loops, content["wall_ns"], content["cpu_ns"]))


def calibrate(pairs: Sequence[tuple[TimedOperation, TimedOperation]], target_ns: int) -> None:
    """Find the loops of a reading for each entry, given with what it is compared with.

    Where the two are alike they get the same: a reading begins with cold caches, whose share depends on its loops.
    """
    for entry, _ in pairs:
        entry.loops = entry.warm_up(target_ns)
    for entry, partner in pairs:
        if partner.loops <= 2 * entry.loops and entry.loops <= 2 * partner.loops:
            entry.loops = partner.loops
