"""Why a case, or a step on the way, has no result."""

from __future__ import annotations

from dataclasses import dataclass

from assay.credentials import mask
from assay.errors import AssayError, Unavailable, reason_of
from assay.records.results import Case, Measurement, Metrics, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How it ended, why, and what to do; `expected` marks a failure that the plugin announces.

    Credentials of URLs in it are masked.
    """

    status: Status = Status.FAILED
    reason: str
    remedy: str | None = None
    expected: bool = False
    exit_code: int = AssayError.exit_code

    def __post_init__(self) -> None:
        for name in ("reason", "remedy"):
            if isinstance(text := getattr(self, name), str):  # what a worker answers is looked at after it is made
                object.__setattr__(self, name, mask(text))

    @classmethod
    def of(cls, error: AssayError, *, expected: bool = False) -> Refusal:
        """Make one of an error: what is not available is skipped, all else failed."""
        return cls(
            status=Status.SKIPPED if isinstance(error, Unavailable) else Status.FAILED,
            reason=reason_of(error),
            remedy=error.remedy,
            expected=expected,
            exit_code=error.exit_code,
        )

    def row(self, case: Case, metrics: Metrics = Metrics()) -> Measurement:
        """Return the row of a case that ended so."""
        return Measurement(
            case=case,
            status=self.status,
            reason=self.reason,
            remedy=self.remedy,
            expected=self.expected,
            metrics=metrics,
        )
