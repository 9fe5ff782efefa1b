"""The group-sequential test of a check: which cells regressed, improved or stayed, while the epochs come in.

Alpha spending. Each analysis of the data spends a part of the false-discovery rate `q`. An interim analysis spends a
tenth of it, less once half of `q` is nearly spent, so that they never spend more than half; the final one spends the
rest. At each analysis the Benjamini-Hochberg procedure (1995) runs over all `cells` of the check at that part, once
for slower and once for faster; a cell that is settled or stopped counts with p = 1, and so does one whose estimate
does not reach its minimum effect. Raising a p-value keeps it valid, which striking cells from the list of the rejected
would not (Ebrahimpoor and Goeman 2021).

Proof that the share of false ones among the regressions of a check is at most `q` on average. Let V_k of R_k rejections
be false at analysis k, and R the regressions in all. Then R >= R_k, and the false share V / R is at most the sum over k
of V_k / R_k, whose expectations are at most the parts spent (Benjamini and Hochberg 1995; of cells that rise and
fall together in an epoch, Benjamini and Yekutieli 2001), and these add up to at most `q`. For one cell this says: a
false alarm in at most `q` of all checks, at however many analyses. It requires that the data do not choose the time of
an analysis: `next_analysis` is a fixed schedule, and the final one may depend on the clock alone. The same holds for
improvements.

To stop early as unchanged makes no alarm, so it costs none of `q`. All limits are taken on the log scale, where a
share x means from 1 / (1 + x) to 1 + x: swapping the sides mirrors the verdict.
"""

from __future__ import annotations

import bisect
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay.records.verdicts import Evidence, Judgement, Tolerance, Verdict
from assay.stats.paired_ratio import student_quantile
from assay.stats.trimmed_mean import Estimate, estimate, freedom

Q = 0.01
FIRST = 8
FEWEST = 5
INTERIM_SHARE = 0.1
NEVER = 2.0  # a p-value that no threshold reaches
POWER = 0.95
MOST_EPOCHS = 1_000_000
LARGEST_LOG = 700.0  # of a float


@dataclass(frozen=True, slots=True)
class AlphaSpending:
    """The false-discovery rate `q` of a check of at least one cell, and how much of it is spent."""

    cells: int
    q: float = Q
    spent: float = 0.0

    def __post_init__(self) -> None:
        if self.cells < 1 or not 0 < self.q < 1:
            raise ValueError(f"a check needs a cell and a rate between 0 and 1, not {self.cells} and {self.q}")

    @property
    def interim_alpha(self) -> float:
        """What the next interim analysis spends: a tenth of q, later half of what is left of their half of q."""
        return min(INTERIM_SHARE * self.q, (self.q / 2 - self.spent) / 2)


def next_analysis(epochs: int) -> int:
    """Return the epoch of the analysis after this one: 8, 16, 24, 32, 48, 64, 96, 128, 192, 256 and so on."""
    step = max(FIRST, (1 << epochs.bit_length()) // 4)
    return (epochs // step + 1) * step


def analyse(
    state: AlphaSpending, evidences: Sequence[Evidence], *, final: bool = False
) -> tuple[tuple[Judgement, ...], AlphaSpending]:
    """Analyse the cells that are not settled, each with all its epoch ratios so far, and settle those that can be.

    Return their judgements in the order of the evidences, and the state for the next analysis. The final analysis
    settles all. Raises `ValueError` for more cells than the check began with.
    """
    if len(evidences) > state.cells:
        raise ValueError(f"{len(evidences)} cells are more than the {state.cells} that the check began with")
    alpha = state.q - state.spent if final else state.interim_alpha
    estimates = [
        estimate(evidence.logs) if len(evidence.epoch_ratios) >= FEWEST else None  # fewer never claim anything
        for evidence in evidences
    ]
    slower = list(map(_p_slower, evidences, estimates))
    faster = list(map(_p_faster, evidences, estimates))
    most_slower, most_faster = (_threshold(p_values, state.cells, alpha) for p_values in (slower, faster))
    settled = []
    for evidence, found, p_slower, p_faster in zip(evidences, estimates, slower, faster, strict=True):
        verdict = Verdict.INCONCLUSIVE
        if p_slower <= most_slower:
            verdict = Verdict.REGRESSED
        elif p_faster <= most_faster:
            verdict = Verdict.IMPROVED
        elif found is not None and _unchanged(evidence, found, final):
            verdict = Verdict.UNCHANGED
        if final or verdict is not Verdict.INCONCLUSIVE:
            settled.append(_judgement(evidence, found, verdict, state))
    return tuple(settled), replace(state, spent=state.spent + alpha)


def epochs_to_settle(estimate: Estimate, tolerance: Tolerance, level: float) -> int | None:
    """Return how many epochs in all would probably settle a cell with this estimate so far.

    Either the 90 % interval fits inside the equivalence margin, or a change of the size now estimated (at least the
    minimum effect) is found with 95 % power at `level`; None where a million epochs would do neither.
    """
    distance = abs(estimate.centre)
    room = math.log1p(tolerance.equivalence_margin) - distance
    change = max(distance, math.log1p(tolerance.minimum_effect))

    def enough(epochs: int) -> bool:
        error, degrees = estimate.spread / math.sqrt(epochs), freedom(epochs)
        tail = student_quantile(degrees, POWER)
        return tail * error <= room or (tail + student_quantile(degrees, 1.0 - level)) * error <= change

    fewest = estimate.epochs + 1
    found = fewest + bisect.bisect_left(range(fewest, MOST_EPOCHS), True, key=enough)
    return found if found < MOST_EPOCHS else None


def minimum_detectable_effect(spread: float, epochs: int, level: float, minimum_effect: float = 0.0) -> float:
    """Return the smallest slowdown, as a share, that so many epochs find with 95 % power.

    `spread` is the standard deviation of an epoch's log ratio, `level` the one-sided p-value that is asked for,
    `minimum_effect` what the estimate must reach besides. By the shifted t: (t[1 - level] + t[0.95]) * error, which is
    a little more than the noncentral t asks for (Guenther 1981). It is infinite for fewer than five epochs.
    """
    if epochs < FEWEST:
        return math.inf
    error, degrees = spread / math.sqrt(epochs), freedom(epochs)
    found = student_quantile(degrees, 1.0 - level) * error
    log = max(found, math.log1p(minimum_effect)) + student_quantile(degrees, POWER) * error
    return math.expm1(log) if log < LARGEST_LOG else math.inf


def _p_slower(evidence: Evidence, found: Estimate | None) -> float:
    """The p-value that counts: that of a change which matters."""
    least = math.log1p(evidence.tolerance.minimum_effect)
    return NEVER if found is None or found.centre < least else found.p_slower


def _p_faster(evidence: Evidence, found: Estimate | None) -> float:
    return _p_slower(evidence, None if found is None else replace(found, centre=-found.centre))


def _threshold(p_values: Sequence[float], cells: int, alpha: float) -> float:
    """The largest p-value that Benjamini and Hochberg reject among so many cells; -1 where they reject none."""
    ranked = enumerate(sorted(p for p in p_values if p <= alpha), start=1)
    return max((p for rank, p in ranked if p <= rank * alpha / cells), default=-1.0)


def _unchanged(evidence: Evidence, found: Estimate, final: bool) -> bool:
    """At an interim analysis: the 99 % interval lies within the minimum effect.

    At the final one: two one-sided tests (TOST) at 5 % of the equivalence margin. These are Schuirmann's (1987): the
    90 % interval lies within the margin.
    """
    tolerance = evidence.tolerance
    limit, level = (tolerance.equivalence_margin, 0.9) if final else (tolerance.minimum_effect, 0.99)
    low, high = found.log_interval(level)
    return -math.log1p(limit) <= low and high <= math.log1p(limit)


def _judgement(evidence: Evidence, found: Estimate | None, verdict: Verdict, state: AlphaSpending) -> Judgement:
    logs, walls = evidence.logs, [one.wall for one in evidence.epoch_ratios]
    judgement = Judgement(
        cell=evidence.cell,
        verdict=verdict,
        clock=evidence.clock,
        tolerance=evidence.tolerance,
        epochs=len(logs),
        ratio=math.exp(statistics.median(logs)) if logs else None,
        wall_ratio=math.exp(statistics.median(walls)) if walls else None,
    )
    wall = None
    if found is not None:
        low, high = found.interval(0.95)
        wall = found if evidence.clock == "wall" else estimate(walls)
        judgement = replace(
            judgement,
            ratio=found.ratio,
            low=low,
            high=high,
            p_value=min(found.p_slower, found.p_faster),
            wall_ratio=wall.ratio,
        )
    smallest = minimum_detectable_effect(
        found.spread if found else 0.0, len(logs), state.q / 2 / state.cells, evidence.tolerance.minimum_effect
    )
    judgement = replace(judgement, minimum_detectable_effect=smallest)
    if verdict is Verdict.INCONCLUSIVE:
        judgement = replace(judgement, more_s=_seconds_to_settle(evidence, state), reason=_uncertainty(judgement))
    return judgement if wall is None or verdict is Verdict.REGRESSED else _checked_by_wall(judgement, wall)


def _seconds_to_settle(evidence: Evidence, state: AlphaSpending) -> float | None:
    """The additional seconds that would probably settle the cell, if it alone changed; None if unknown."""
    epochs = len(evidence.epoch_ratios)
    if not epochs:
        return None
    wanted: int | None = FIRST
    if epochs > 1:
        wanted = epochs_to_settle(estimate(evidence.logs), evidence.tolerance, state.q / 2 / state.cells)
    if wanted is None:
        return None
    return (max(wanted, FIRST) - epochs) * statistics.fmean(one.seconds for one in evidence.epoch_ratios)


def _uncertainty(judgement: Judgement) -> str:
    if judgement.low is not None and judgement.high is not None:
        return (
            f"the change lies between {judgement.low - 1:+.1%} and {judgement.high - 1:+.1%}, which may matter or not"
        )
    if judgement.epochs == 1:
        return "1 epoch is too few to tell"
    return f"{judgement.epochs} epochs are too few to tell" if judgement.epochs else "nothing could be timed"


def _checked_by_wall(judgement: Judgement, wall: Estimate) -> Judgement:
    """Inconclusive where wall time rose by more than matters, and the CPU time that judges did not."""
    tolerance = judgement.tolerance
    limit = math.log1p(tolerance.minimum_effect + tolerance.equivalence_margin)
    agrees = judgement.high is None or wall.interval(0.99)[0] <= max(1.0, judgement.high)
    if judgement.clock == "wall" or wall.centre <= limit or agrees:
        return judgement
    told = f"wall time rose by {wall.ratio - 1:.0%} and CPU time did not: the work may wait, or run elsewhere"
    reason = told if judgement.reason is None else f"{told}; {judgement.reason}"
    return replace(judgement, verdict=Verdict.INCONCLUSIVE, reason=reason, remedy="judge it with --clock wall")
