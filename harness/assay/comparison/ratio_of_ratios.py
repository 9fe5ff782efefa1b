"""Judging stored runs by ratios of ratios: the time of a case normalized by its group's baseline, then and now.

Within a run every case was sampled in the same rounds as the baseline plugin of its group, so that the speed of the
machine is in both and cancels in their ratio. What is left between two runs of the same code is what differs from
process to process, which no interval within a process shows: a change has to exceed that.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay.comparison.session_drift import STANDS_OUT, WITNESSES, verdict_within
from assay.records.verdicts import Judgement, Tolerance, Verdict
from assay.stats.paired_ratio import Ratio

ALLOWANCE = 0.60  # of one process, or two: the same code was up to 53 % off, see DECISIONS.md
EPOCHS, OVER_EPOCHS = 3, 0.35  # of so many processes: up to 31 %


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedCell:
    """A cell of two runs whose times are normalized by those of another plugin in the same rounds."""

    cell: str
    against: str
    before: Ratio
    after: Ratio


def ratio_of_ratios(before: Ratio, after: Ratio) -> Ratio:
    """Return the ratio of two ratios, with a 95 % interval: the half widths of independent logs add up as squares.

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


def judge(cells: Sequence[NormalizedCell], *, allowance: float | None = None) -> tuple[Judgement, ...]:
    """Judge every cell: regressed where the whole interval lies above the allowance, improved below its inverse.

    The allowance is how far, as a share, the ratio of the same code may be off: by default less where three processes
    or more show it. Where half of all the others that are normalized by the same plugin, and at least three, moved
    likewise, that plugin or the machine may have changed, and the cell is inconclusive.
    """
    judged = [_judged(cell, allowance) for cell in cells]
    return tuple(
        _among(one, [other for other in judged if other is not one and other.against == one.against]) for one in judged
    )


def _judged(cell: NormalizedCell, allowance: float | None) -> Judgement:
    ratio = ratio_of_ratios(cell.before, cell.after)
    usual = OVER_EPOCHS if ratio.epochs >= EPOCHS else ALLOWANCE
    share = usual if allowance is None else allowance
    verdict = verdict_within(ratio.low, ratio.high, 1.0 + share)
    reason, remedy = f"normalized by {cell.against}, more than ±{share:.0%}", None
    if verdict is Verdict.UNCHANGED:
        reason = f"normalized by {cell.against}, within ±{share:.0%}"
    elif verdict is Verdict.INCONCLUSIVE:
        reason, remedy = f"its own noise reaches over ±{share:.0%}", "measure it longer, or with more --epochs"
    return Judgement(
        cell=cell.cell,
        verdict=verdict,
        tolerance=Tolerance(minimum_effect=share, equivalence_margin=share),
        epochs=ratio.epochs,
        ratio=ratio.value,
        low=ratio.low,
        high=ratio.high,
        reason=reason,
        remedy=remedy,
        against=cell.against,
    )


def _among(judgement: Judgement, others: Sequence[Judgement]) -> Judgement:
    """Withdraw a change where half of the others moved the same way, and not much less."""
    if judgement.verdict not in (Verdict.REGRESSED, Verdict.IMPROVED) or len(others) < WITNESSES:
        return judgement
    moved = statistics.median(math.log(one.ratio) for one in others if one.ratio is not None)
    own = math.log(judgement.ratio or 1.0)
    if moved * own <= 0.0 or abs(own) > STANDS_OUT * abs(moved):
        return judgement
    plugin = judgement.against
    return replace(
        judgement,
        verdict=Verdict.INCONCLUSIVE,
        reason=f"half of what is normalized by {plugin} moved likewise, so it may be {plugin}",
        remedy="`assay check` tells which of them changed",
    )


def _above(ratio: Ratio) -> float:
    return math.log(ratio.high) - math.log(ratio.value) if math.isfinite(ratio.high) else math.inf


def _below(ratio: Ratio) -> float:
    return math.log(ratio.value) - math.log(ratio.low) if ratio.low > 0.0 else math.inf
