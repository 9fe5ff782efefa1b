"""What a run planned, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping

from assay.records import Manifest, Status


def manifest(planned: int, ended: Mapping[Status, int]) -> Manifest:
    """Count the cases of a run, given how many were planned and how many ended in which way."""
    counts = {status: ended.get(status, 0) for status in Status}
    return Manifest(
        planned=planned,
        ok=counts[Status.OK],
        failed=counts[Status.FAILED],
        skipped=counts[Status.SKIPPED],
        unsupported=counts[Status.UNSUPPORTED],
        missing=planned - sum(counts.values()),
    )
