"""What a run planned, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from assay.records import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Cases by how they ended; `missing` ones are planned and not measured yet."""

    planned: int
    ok: int
    failed: int
    skipped: int
    unsupported: int
    missing: int

    def __str__(self) -> str:
        """Such as `23 cases planned: 20 ok, 1 failed, 2 skipped`."""
        counts = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "planned"}
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        return f"{self.planned} case{'s' * (self.planned != 1)} planned: {told or 'nothing to do'}"


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
