"""One timed operation as the rounds see it: of a case, or an anchor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.records import Sample


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """An operation in a worker, and its samples so far.

    `ask` takes a step in the worker and gives nothing when it cannot any more; `judged` entries decide
    when the rounds are precise enough.
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

    @property
    def alive(self) -> bool:
        """Whether it can still be sampled."""
        return self.is_alive()

    def calibrate(self, target_ns: int) -> None:
        """Find the loops of a sample."""
        self.loops = self.ask("calibrate", operation=self.name, target_ns=target_ns).get("loops", 1)

    def sample(self) -> None:
        """Append one sample, or be alive no more."""
        content = self.ask("sample", operation=self.name, loops=self.loops)
        if content:
            wall_ns, cpu_ns = content["wall_ns"], content["cpu_ns"]
            self.samples.append(Sample(loops=self.loops, wall_ns=wall_ns, cpu_ns=cpu_ns, epoch=self.epoch))
