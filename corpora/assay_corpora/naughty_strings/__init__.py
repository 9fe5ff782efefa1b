"""Strings that are likely to cause trouble as input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import assay
from assay_corpora.archive import members

LIST = "blns.json"


def documents(package: Path) -> Iterator[assay.Document]:
    """Yield every string that is not empty, by its place in the list."""
    strings = json.loads(members(package, LIST.__eq__)[LIST])
    for place, text in enumerate(strings):
        if text:
            yield assay.Document(text=text, id=str(place))
