"""How a run stores which plugins it was given: the paths of files, and the names of Python objects."""

from __future__ import annotations

from pathlib import Path

SUFFIX = ".assay-object"
MARK = "python:"


def plugin_label(path: str) -> str:
    """Return a path of a plugin as a run stores it: the file of an object is gone by then, and its name remains."""
    return f"{MARK}{Path(path).name.removesuffix(SUFFIX).partition('-')[2]}" if path.endswith(SUFFIX) else path
