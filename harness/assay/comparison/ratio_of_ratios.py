"""Judging stored runs by ratios of ratios: the time of a case normalized by its group's baseline, then and now.

Within a run every case was sampled in the same rounds as the baseline plugin of its group, so that the speed of the
machine is in both and cancels in their ratio. What is left between two runs of the same code is what differs from
process to process, which no interval within a process shows: a change has to exceed that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assay.comparison.common_shift import UNMEASURED_DRIFT, alike, shifts_of
from assay.comparison.session_drift import as_share, verdict_within
from assay.records.verdicts import Judgement, Tolerance, Verdict
from assay.stats.paired_ratio import Ratio

ALLOWANCE = 0.60  # of one process, or two: the same code was up to 53 % off, see DECISIONS.md
WITH_POWER = 1 + 1.645 / 1.960  # how many half widths above the limit are found with 95 % power
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
    or more show it. Where more than half of the others that are normalized by the same plugin moved alike, that plugin
    may have changed, and the cell is inconclusive; but not where it moved by more than a factor of 2.5.
    """
    judged = [_judged(cell, allowance) for cell in cells]
    moved = {
        plugin: shifts_of(one for one in judged if one.against == plugin) for plugin in {one.against for one in judged}
    }
    return tuple(_among(one, moved[one.against]) for one in judged)


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
        minimum_detectable_effect=as_share(math.log1p(share) + _below(ratio) * WITH_POWER),
    )


def _among(judgement: Judgement, moved: Mapping[str, float]) -> Judgement:
    """Withdraw a change where most others moved alike, and not beyond what is left open."""
    others, plugin = alike(judgement, moved, most=0.5), judgement.against
    if others is None or judgement.ratio is None:
        return judgement
    told = f"most of what is normalized by {plugin} moved alike ({math.expm1(others):+.0%})"
    if abs(math.log(judgement.ratio)) > math.log(UNMEASURED_DRIFT):
        return replace(judgement, reason=f"{told}, but by more than {UNMEASURED_DRIFT} times")
    return replace(
        judgement,
        verdict=Verdict.INCONCLUSIVE,
        reason=f"{told}, so it may be {plugin}",
        remedy="`assay check` tells which of them changed",
    )


def _above(ratio: Ratio) -> float:
    return math.log(ratio.high) - math.log(ratio.value) if math.isfinite(ratio.high) else math.inf


def _below(ratio: Ratio) -> float:
    return math.log(ratio.value) - math.log(ratio.low) if ratio.low > 0.0 else math.inf
