"""A comparison as rows of a page: exact changes first, then the verdicts with their intervals drawn."""

from __future__ import annotations

from dataclasses import dataclass

import assay
from assay_html.escape import short

GRAVEST = ("regressed", "failed", "missing", "improved", "not comparable", "not judged", "inconclusive", "unchanged")
ORDER = tuple(map(assay.Verdict, (*GRAVEST, "added")))
REACH = 0.25  # the share of change at either end of a drawn interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One judgement: its words, and its interval on an axis from 0 to 100 with no change at 50."""

    verdict: str
    cell: str
    change: str
    wall: str
    epochs: int
    remark: str
    low: float | None
    middle: float | None
    high: float | None


def headline(comparison: assay.Comparison) -> str:
    """Return how many cells have which verdict."""
    counts = [(len(comparison.changes), "exact figures changed")]
    counts += [(comparison.count(verdict), verdict.value) for verdict in ORDER]
    return ", ".join(f"{count:,} {words}" for count, words in counts if count) or "nothing was compared"


def judged(comparison: assay.Comparison) -> tuple[Judged, ...]:
    """Return every judgement, the gravest verdict first."""
    found = sorted(comparison.judgements, key=lambda one: ORDER.index(one.verdict))
    return tuple(
        Judged(
            verdict=one.verdict.value,
            cell=short(one.cell),
            change="" if one.ratio is None else _change(one),
            wall="" if one.wall_ratio is None else _percent(one.wall_ratio),
            epochs=one.epochs,
            remark="; ".join(filter(None, (one.reason, one.remedy))),
            low=_place(one.low),
            middle=_place(one.ratio),
            high=_place(one.high),
        )
        for one in found
    )


def _change(one: assay.Judgement) -> str:
    ends = "" if one.low is None or one.high is None else f" ({_percent(one.low)} to {_percent(one.high)})"
    return f"{_percent(one.ratio or 1.0)}{ends}"


def _percent(ratio: float) -> str:
    return f"{(ratio - 1) * 100:+.1f} %"


def _place(ratio: float | None) -> float | None:
    return None if ratio is None else round(min(100.0, max(0.0, 50 + (ratio - 1) / REACH * 50)), 1)
