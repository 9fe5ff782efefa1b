"""The CommonMark specification and what surrounds it: Markdown, and the same examples as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import assay
from assay_corpora.archive import members, plain


def documents(sdist: Path, suffix: str) -> Iterator[assay.Document]:
    """Yield every file with this suffix, in the order of their names."""
    for name, content in members(sdist, lambda name: name.endswith(suffix)).items():
        yield assay.Document(text=plain(content), id=name, language="en")
