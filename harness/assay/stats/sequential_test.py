"""The sequential decision: which cells regressed, improved or stayed, while the epochs come in.

What is promised. At every look a share of `q` is spent: a tenth of it at an early look (less when half of it is
nearly spent, so that the early ones never spend more than half), all that is left at the last one. At each look the
Benjamini-Hochberg procedure (1995) runs over all `cells` of the check at that share, once for slower and once for
faster; a cell that is settled or stopped counts with p = 1, and so does one whose estimate does not reach its smallest
effect. Raising a p-value keeps it valid, which striking cells from the list of the rejected would not (Ebrahimpoor
and Goeman 2021).

Proof that the share of false ones among the regressions of a check is at most `q` on average. Let V_k of R_k rejections
be false at look k, and R the regressions in all. Then R >= R_k, and the false share V / R is at most the sum over k
of V_k / R_k, whose expectations are at most the shares spent (Benjamini and Hochberg 1995; of cells that rise and
fall together in an epoch, Benjamini and Yekutieli 2001), and these add up to at most `q`. For one cell this says: a
false alarm in at most `q` of all checks, at however many looks. It asks that the readings do not choose the time of a
look: `next_look` is a fixed schedule, and the last look may depend on the clock alone. Improvements likewise.

To stop early as unchanged makes no alarm, so it costs none of `q`. All limits are taken on the log scale, where a
share x means from 1 / (1 + x) to 1 + x: swapping the sides mirrors the verdict.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay.records.verdicts import Evidence, Judgement, Verdict
from assay.stats.power import epochs_to_tell
from assay.stats.trimmed_mean import Estimate, estimate

Q = 0.01
FIRST = 8
FEWEST = 5
EARLY = 0.1
NEVER = 2.0  # a p-value that no threshold reaches


@dataclass(frozen=True, slots=True)
class TestState:
    """A check of so many `cells` at the false-discovery rate `q`, of which so much is spent."""

    cells: int
    q: float = Q
    spent: float = 0.0

    @property
    def early(self) -> float:
        """What the next early look spends: a tenth of q, later half of what is left of the half for early looks."""
        return min(EARLY * self.q, (self.q / 2 - self.spent) / 2)


def begin(cells: int, q: float = Q) -> TestState:
    """Begin a check of at least one cell."""
    if cells < 1 or not 0 < q < 1:
        raise ValueError(f"a check needs a cell and a rate between 0 and 1, not {cells} and {q}")
    return TestState(cells, q)


def next_look(epochs: int) -> int:
    """The epoch of the look after this one: 8, 16, 24, 32, 48, 64, 96, 128, 192, 256 and so on."""
    step = max(FIRST, (1 << epochs.bit_length()) // 4)
    return (epochs // step + 1) * step


def look(
    state: TestState, evidences: Sequence[Evidence], *, last: bool = False
) -> tuple[tuple[Judgement, ...], TestState]:
    """Look at the cells that are not settled, each with all its readings so far, and settle those that can be.

    Gives their judgements in the order of the evidences, and the state for the next look. The last look settles all.
    Raises `ValueError` for more cells than the check began with.
    """
    if len(evidences) > state.cells:
        raise ValueError(f"{len(evidences)} cells are more than the {state.cells} that the check began with")
    share = state.q - state.spent if last else state.early
    estimates = [
        estimate(evidence.logs) if len(evidence.readings) >= FEWEST else None  # fewer never claim anything
        for evidence in evidences
    ]
    both = list(zip(evidences, estimates, strict=True))
    slower = _threshold([_p_slower(evidence, found) for evidence, found in both], state.cells, share)
    faster = _threshold([_p_faster(evidence, found) for evidence, found in both], state.cells, share)
    after = replace(state, spent=state.spent + share)
    settled = []
    for evidence, found in both:
        verdict = Verdict.INCONCLUSIVE
        if _p_slower(evidence, found) <= slower:
            verdict = Verdict.REGRESSED
        elif _p_faster(evidence, found) <= faster:
            verdict = Verdict.IMPROVED
        elif found is not None and _unchanged(evidence, found, last):
            verdict = Verdict.UNCHANGED
        if last or verdict is not Verdict.INCONCLUSIVE:
            settled.append(_judgement(evidence, found, verdict, state))
    return tuple(settled), after


def _p_slower(evidence: Evidence, found: Estimate | None) -> float:
    """The p-value that counts: that of a change which matters."""
    return NEVER if found is None or found.centre < _log(evidence.tolerance.effect) else found.p_slower


def _p_faster(evidence: Evidence, found: Estimate | None) -> float:
    return NEVER if found is None or found.centre > -_log(evidence.tolerance.effect) else found.p_faster


def _threshold(p_values: Sequence[float], cells: int, q: float) -> float:
    """The largest p-value that Benjamini and Hochberg reject among so many cells; -1 where they reject none."""
    ranked = enumerate(sorted(p for p in p_values if p <= q), start=1)
    return max((p for rank, p in ranked if p <= rank * q / cells), default=-1.0)


def _unchanged(evidence: Evidence, found: Estimate, last: bool) -> bool:
    """Early: the 99 % interval lies within the smallest effect. At last: two one-sided tests at 5 % of the margin.

    The latter are Schuirmann's (1987): the 90 % interval lies within the margin.
    """
    limit, level = (evidence.tolerance.margin, 0.9) if last else (evidence.tolerance.effect, 0.99)
    low, high = found.logs(level)
    return -_log(limit) <= low and high <= _log(limit)


def _log(share: float) -> float:
    """How far a share reaches on the log scale."""
    return math.log1p(share)


def _judgement(evidence: Evidence, found: Estimate | None, verdict: Verdict, state: TestState) -> Judgement:
    logs, walls = evidence.logs, [reading.wall for reading in evidence.readings]
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
    if verdict is Verdict.INCONCLUSIVE:
        judgement = replace(judgement, more_s=_more(evidence, state), reason=_doubt(judgement))
    return judgement if wall is None or verdict is Verdict.REGRESSED else _doubted(judgement, wall)


def _more(evidence: Evidence, state: TestState) -> float | None:
    """How many more seconds would probably tell, were the cell the only one to change among all; None if unknown."""
    epochs = len(evidence.readings)
    if not epochs:
        return None
    wanted: int | None = FIRST
    if epochs > 1:
        wanted = epochs_to_tell(estimate(evidence.logs), evidence.tolerance, state.q / 2 / state.cells)
    if wanted is None:
        return None
    return (max(wanted, FIRST) - epochs) * statistics.fmean(reading.seconds for reading in evidence.readings)


def _doubt(judgement: Judgement) -> str:
    if judgement.low is not None and judgement.high is not None:
        return (
            f"the change lies between {judgement.low - 1:+.1%} and {judgement.high - 1:+.1%}, which may matter or not"
        )
    if judgement.epochs == 1:
        return "1 epoch is too few to tell"
    return f"{judgement.epochs} epochs are too few to tell" if judgement.epochs else "nothing could be timed"


def _doubted(judgement: Judgement, wall: Estimate) -> Judgement:
    """Inconclusive where wall time rose by more than matters, and the CPU time that judges did not."""
    limit = _log(judgement.tolerance.effect + judgement.tolerance.margin)
    alike = judgement.high is None or wall.interval(0.99)[0] <= max(1.0, judgement.high)
    if judgement.clock == "wall" or wall.centre <= limit or alike:
        return judgement
    said = f"wall time rose by {wall.ratio - 1:.0%} and CPU time did not: the work may wait, or run elsewhere"
    reason = said if judgement.reason is None else f"{said}; {judgement.reason}"
    return replace(judgement, verdict=Verdict.INCONCLUSIVE, reason=reason, remedy="judge it with --clock wall")
