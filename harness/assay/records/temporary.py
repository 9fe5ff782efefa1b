"""Temporary folders whose names tell which process made them, so that those of dead processes can be removed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from assay.records import process_identity
from assay.records.process_identity import ProcessIdentity

NAME = re.compile(r"assay-(?P<mark>[0-9a-f]{8}-\d+-\d+)-")


def temporary_folder(place: str | Path | None = None) -> tempfile.TemporaryDirectory[str]:
    """Make a temporary folder in a place, by default the system's; it goes with the object, or at the end of `with`.

    Such folders that dead processes left in the place are removed first. One of another machine or container may be in
    use, so it stays. Raises `OSError` where the place cannot be written.
    """
    chosen = Path(place or tempfile.gettempdir())
    with contextlib.suppress(OSError):
        for left in _leftovers(chosen):
            shutil.rmtree(left, ignore_errors=True)
    prefix = f"assay-{ProcessIdentity.current().mark}-"
    return tempfile.TemporaryDirectory(prefix=prefix, dir=chosen, ignore_cleanup_errors=True)


def _leftovers(place: Path) -> Iterator[str]:
    """Yield the folders of this user whose processes have ended."""
    with os.scandir(place) as found:
        for entry in found:
            match = NAME.match(entry.name)
            if match and process_identity.marked_is_gone(match["mark"]) and _is_ours(entry):
                yield entry.path


def _is_ours(entry: os.DirEntry[str]) -> bool:
    owner = entry.stat(follow_symlinks=False).st_uid
    return entry.is_dir(follow_symlinks=False) and (not hasattr(os, "getuid") or owner == os.getuid())
