"""Source code that is on every machine: Python's own standard library."""

from __future__ import annotations

import hashlib
import platform
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import assay


def documents(characters: int) -> Iterator[assay.Document]:
    """Yield the top modules, whole, for as long as they come to at most `characters`.

    Their order is that of the sha256 of their names: a fixed sample, and not the letter A.
    """
    modules = Path(sysconfig.get_path("stdlib")).glob("*.py")
    chosen = sorted(modules, key=lambda path: hashlib.sha256(path.name.encode()).digest())
    if not chosen:
        raise assay.Unavailable("the sources of the standard library are not installed", remedy="use another Python")
    for path in chosen:
        text = path.read_bytes().decode("utf-8")
        characters -= len(text)
        if characters < 0:
            return
        yield assay.Document(text=text, id=f"{platform.python_version()}/{path.name}", language="zxx")
