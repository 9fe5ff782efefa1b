"""Rows that were not measured on both sides: whether the code is to blame, or nothing can be compared."""

from __future__ import annotations

from assay.records.results import Measurement, Status
from assay.records.verdicts import Judgement, Verdict


def ended(baseline: Measurement, candidate: Measurement) -> Judgement | None:
    """Judge a case by how it ended: failed where it was ok, not comparable where the sides differ otherwise.

    None where both are ok, and where both ended the same other way.
    """
    if candidate.blamed and baseline.status is Status.OK:
        return Judgement(
            cell=candidate.case.id, verdict=Verdict.FAILED, reason=candidate.reason, remedy=candidate.remedy
        )
    if baseline.status is candidate.status:
        return None
    reason = f"{baseline.status} in the baseline, {candidate.status} now"
    if candidate.reason:
        reason += f": {candidate.reason}"
    return Judgement(cell=candidate.case.id, verdict=Verdict.NOT_COMPARABLE, reason=reason, remedy=candidate.remedy)
