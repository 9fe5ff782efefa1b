"""What became of a plugin: it was loaded, left out by an option, or uses something deprecated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.plugins.host import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """One plugin that was loaded, or tried.

    `hooks` are those that it implements, `written_for` the version of the hooks that it declares, `import_s` the
    seconds that its import took in this process, `file` where its code lies.
    """

    origin: Origin
    hooks: tuple[str, ...] = ()
    written_for: int | None = None
    import_s: float = 0.0
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """A plugin that was not loaded because of an option, and how to have it loaded."""

    origin: Origin
    because: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecated:
    """A plugin that uses something deprecated, and what to use instead."""

    origin: Origin
    what: str
    until: str
    instead: str

    def __str__(self) -> str:
        return f"plugin {self.origin} uses {self.what}, which works until {self.until}; use {self.instead} instead"
