"""What a check finds out about a plugin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assay.errors import AssayError

Verdict = Literal["ok", "failed", "skipped"]


class ConformanceError(AssayError):
    """A plugin breaks a rule: what was found, an example that shows it, and what to do."""

    exit_code = 3


class Skip(AssayError):
    """Raised by a check for a rule that does not apply, or cannot be tried here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of one check.

    `rule` is the rule in a sentence. `reason` says why it is broken or was not tried, or on what it was tried; `remedy`
    what to do.
    """

    check: str
    rule: str
    status: Verdict
    reason: str | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        """The finding in one line, such as `round-trip failed: ... (announce it with lossless=False)`."""
        told = f"{self.check} {self.status}" + (f": {self.reason}" if self.reason else "")
        return told if self.remedy is None else f"{told} ({self.remedy})"
