"""A file of a package registry: pinned by version and hash, kept as it came in the user's data folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import assay


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One wheel, source distribution or npm package; `file` is its name in the registry."""

    name: str
    version: str
    file: str
    sha256: str
    registry: Literal["pypi", "npm"] = "pypi"

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def path(self) -> Path:
        """Where the file lies, or will lie."""
        return assay.data_folder() / self.file

    @property
    def intact(self) -> bool:
        """Whether the file is there and is the one that was pinned."""
        return self.path.is_file() and self.matches(self.path)

    def matches(self, path: Path) -> bool:
        """Whether some file is the one that was pinned."""
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == self.sha256
