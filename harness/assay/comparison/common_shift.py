"""The common shift: whether others moved alike, so that a change may be the machine's, and how far a machine goes.

A machine may have two speeds, and what it does to one cell it does to others. So a change is withdrawn where most
others moved alike. It is not withdrawn where they stayed, or moved the other way, or where it is larger than any drift.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence

from assay.records.verdicts import Judgement, Verdict

WITNESSES = 3  # so few others say nothing of the machine
MOST = 2 / 3  # more than this share of the others must have moved alike
STANDS_OUT = 1.5  # a change so many times that of another is not alike
UNMEASURED_DRIFT = 2.5  # how many times slower a machine may be, where no two sessions show it
CHANGES = (Verdict.REGRESSED, Verdict.IMPROVED)


def witness(cell: str) -> str:
    """Return what a cell bears witness of: a test without its parameters, a plugin's operation without the text."""
    kind, _, rest = cell.partition("/")
    if "::" not in cell and kind in ("tokenizer", "attention"):
        return "/".join((kind, *rest.rsplit("/", 2)[-2:]))
    file, colons, test = cell.partition("::")
    return f"{file}{colons}{test.partition('[')[0]}" if colons else cell.partition("[")[0]


def shifts(ratios: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the log ratio of each witness, the median over its cells."""
    logs: dict[str, list[float]] = {}
    for cell, log in ratios:
        logs.setdefault(witness(cell), []).append(log)
    return {name: statistics.median(found) for name, found in logs.items()}


def shifts_of(judgements: Iterable[Judgement]) -> dict[str, float]:
    """Return the log ratio of each witness among the cells that have a ratio."""
    return shifts((one.cell, math.log(one.ratio)) for one in judgements if one.ratio is not None)


def measured_drift(sessions: Sequence[Mapping[str, float]]) -> float | None:
    """Return the largest common shift between two of several sessions, in logs; None where no two share a cell.

    `sessions` are the log levels of the cells. The common shift is the median over the witnesses.
    """
    found = []
    for first, second in itertools.combinations(sessions, 2):
        moved = shifts((cell, level - first[cell]) for cell, level in second.items() if cell in first)
        if moved:
            found.append(abs(statistics.median(moved.values())))
    return max(found, default=None)


def alike(judgement: Judgement, moved: Mapping[str, float], most: float = MOST) -> float | None:
    """Return by how much the others moved, in logs, where most of them moved as a changed cell did; else None.

    Most is more than this share, so that those that stayed speak against it. The cells of one witness count as one
    other, and its own as none. One moved alike if it moved the same way, and the nearer end of the interval is at most
    one and a half times that. With fewer than three others nothing is said.
    """
    others = [log for name, log in moved.items() if name != witness(judgement.cell)]
    if judgement.verdict not in CHANGES or len(others) < WITNESSES:
        return None
    assert judgement.low is not None
    assert judgement.high is not None
    sign = 1.0 if judgement.verdict is Verdict.REGRESSED else -1.0
    own = math.log(judgement.low) if sign > 0 else -math.log(judgement.high)
    same = [sign * log for log in others if own <= STANDS_OUT * sign * log]
    return sign * statistics.median(same) if len(same) > most * len(others) else None
