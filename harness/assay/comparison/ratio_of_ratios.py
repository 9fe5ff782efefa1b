"""Judging stored runs by what was sampled side by side: the ratio of a case to its group's baseline, then and now.

Within a run every case was sampled in the same rounds as the baseline plugin of its group, so that the speed of the
machine is in both and cancels in their ratio. What is left between two runs of the same code is what differs from
process to process, which no interval within a process shows: a change has to leave that behind.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay.records.verdicts import Judgement, Tolerance, Verdict
from assay.stats.paired_ratio import Ratio

ALLOWANCE = 0.60  # of one process, or two: the same code was up to 53 % off, see DECISIONS.md
EPOCHS, OVER_EPOCHS = 3, 0.35  # of so many processes: up to 31 %
WITNESSES, STANDS_OUT = 3, 1.5  # what half of so many others moved, a change exceeds so many times


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedCell:
    """A cell of two runs whose times are held to those of another plugin in the same rounds."""

    cell: str
    against: str
    before: Ratio
    after: Ratio


def over(before: Ratio, after: Ratio) -> Ratio:
    """Give the ratio of two ratios, with a 95 % interval: the half widths of independent logs add up as squares.

    Pairs and epochs are those of the side that has fewer.
    """
    centre = math.log(after.value) - math.log(before.value)
    up = math.hypot(_above(after), _below(before))
    down = math.hypot(_below(after), _above(before))
    return Ratio(
        value=math.exp(centre),
        low=math.exp(centre - down),
        high=math.exp(centre + up),
        pairs=min(before.pairs, after.pairs),
        epochs=min(before.epochs, after.epochs),
    )


def allowance(before: Ratio, after: Ratio) -> float:
    """How far, as a share, the ratio of the same code may be off: less where three processes or more show it."""
    return OVER_EPOCHS if min(before.epochs, after.epochs) >= EPOCHS else ALLOWANCE


def judge(cells: Sequence[NormalizedCell], *, wide: float | None = None) -> tuple[Judgement, ...]:
    """Judge every cell: regressed where the whole interval lies above the allowance, improved below its inverse.

    `wide` is an allowance in place of the usual. Where half of all the others that are held to the same plugin, and at
    least three, moved likewise, it is that plugin or the machine that changed, and nothing is told.
    """
    judged = [_judged(held, wide) for held in cells]
    return tuple(
        _among(one, [other for other in judged if other is not one and other.against == one.against]) for one in judged
    )


def _judged(held: NormalizedCell, wide: float | None) -> Judgement:
    ratio = over(held.before, held.after)
    share = allowance(held.before, held.after) if wide is None else wide
    limit = 1.0 + share
    verdict, reason = Verdict.INCONCLUSIVE, f"its own noise reaches over ±{share:.0%}"
    remedy: str | None = "measure it longer, or with more --epochs"
    if ratio.low > limit or ratio.high < 1 / limit:
        verdict, remedy = Verdict.REGRESSED if ratio.low > limit else Verdict.IMPROVED, None
        reason = f"held to {held.against}, more than ±{share:.0%}"
    elif 1 / limit <= ratio.low and ratio.high <= limit:
        verdict, reason, remedy = Verdict.UNCHANGED, f"held to {held.against}, within ±{share:.0%}", None
    return Judgement(
        cell=held.cell,
        verdict=verdict,
        tolerance=Tolerance(effect=share, margin=share),
        epochs=ratio.epochs,
        ratio=ratio.value,
        low=ratio.low,
        high=ratio.high,
        reason=reason,
        remedy=remedy,
        against=held.against,
    )


def _among(judgement: Judgement, others: Sequence[Judgement]) -> Judgement:
    """Withdraw a change where half of the others moved the same way, and not much less."""
    if judgement.verdict not in (Verdict.REGRESSED, Verdict.IMPROVED) or len(others) < WITNESSES:
        return judgement
    moved = statistics.median(math.log(one.ratio) for one in others if one.ratio is not None)
    own = math.log(judgement.ratio or 1.0)
    if moved * own <= 0.0 or abs(own) > STANDS_OUT * abs(moved):
        return judgement
    return replace(
        judgement,
        verdict=Verdict.INCONCLUSIVE,
        reason=f"half of what is held to {judgement.against} moved likewise, so it may be {judgement.against}",
        remedy="`assay check` tells which of them changed",
    )


def _above(ratio: Ratio) -> float:
    return math.log(ratio.high) - math.log(ratio.value) if math.isfinite(ratio.high) else math.inf


def _below(ratio: Ratio) -> float:
    return math.log(ratio.value) - math.log(ratio.low) if ratio.low > 0.0 else math.inf
