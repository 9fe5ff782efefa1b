"""How a comparison is to be judged."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.comparison.tolerance import Budgets
from assay.records.verdicts import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What is timed, by which clock, and what change of it matters.

    Of the `operations` only those named are timed, all for none. `clock` None judges by CPU time, and by wall time
    what runs elsewhere (a device, other processes). `budgets` has the tolerance of each cell.
    """

    operations: tuple[str, ...] = ()
    clock: Clock | None = None
    budgets: Budgets = field(default_factory=Budgets)
