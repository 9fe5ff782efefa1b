"""Where plugins come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DISTRIBUTION = "assay-bench"  # the one that this module is part of
FORMER_DISTRIBUTION = "assay"  # its name up to 0.1, which stored settings and baselines from before still use


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a plugin comes from: an installed distribution's entry point with its target, a file, or a Python object.

    The entry point of an object is `python:` and its name. `sha256` is that of what was pickled, which `covers` names.
    """

    entry_point: str
    distribution: str | None = None
    version: str | None = None
    path: str | None = None
    target: str | None = None
    sha256: str | None = None
    covers: str | None = None

    def __str__(self) -> str:
        if self.distribution is None:
            return self.path or self.entry_point
        return f"{self.distribution} {self.version} ({self.entry_point})"

    @property
    def is_object(self) -> bool:
        """Whether it is an object that was handed over in Python."""
        return self.distribution is None and self.path is None and self.target is None

    @property
    def leave_out(self) -> str:
        """How to do without this plugin."""
        return "leave it out" if self.is_object else f"leave it out with --block {self.block}"

    @property
    def block(self) -> str:
        """The value for `--block` that leaves this plugin out and no other."""
        return self.entry_point if self.distribution is None else f"{self.distribution}:{self.entry_point}"

    @property
    def location(self) -> str:
        """The value for `--block` that means this plugin also among files of one name: its path, or `block`."""
        return self.path or self.block

    @property
    def names(self) -> tuple[str, ...]:
        """The names of this plugin: its entry point, its distribution, or both."""
        names = [self.entry_point, self.distribution, self.block]
        if self.distribution == DISTRIBUTION:
            names += [FORMER_DISTRIBUTION, f"{FORMER_DISTRIBUTION}:{self.entry_point}"]
        return tuple(dict.fromkeys(name for name in names if name))

    def matches(self, name: str) -> bool:
        """Return whether a name given to `--block` means this plugin."""
        if self.path is not None and Path(name).resolve() == Path(self.path).resolve():
            return True
        return name in self.names
