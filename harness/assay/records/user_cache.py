"""The folders of the user where Assay keeps what can be made or fetched again."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def user_cache() -> Path:
    """Return the folder for what can be made again: `ASSAY_CACHE`, by default `assay` in the user's cache."""
    chosen = os.environ.get("ASSAY_CACHE")
    return Path(chosen).expanduser().absolute() if chosen else _usual()


def data_folder() -> Path:
    """Return the folder of fetched files: `ASSAY_DATA`, by default `assay/data` in the user's cache."""
    chosen = os.environ.get("ASSAY_DATA")
    return Path(chosen).expanduser() if chosen else _usual() / "data"


def _usual() -> Path:
    if sys.platform == "win32":
        cache, usual = os.environ.get("LOCALAPPDATA", ""), "~/AppData/Local"
    elif sys.platform == "darwin":
        cache, usual = "", "~/Library/Caches"
    else:
        cache, usual = os.environ.get("XDG_CACHE_HOME", ""), "~/.cache"
    # The XDG rules say that a path which is not absolute is to be ignored.
    return (Path(cache) if Path(cache).is_absolute() else Path(usual).expanduser()) / "assay"
