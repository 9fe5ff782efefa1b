"""Where files lie that two processes map: in memory, where there is room."""

from __future__ import annotations

import os
import shutil

MEMORY = "/dev/shm"
ROOM = 2 << 30  # containers often have 64 MiB there, and a write beyond them kills the process


def folder() -> str | None:
    """Return a folder in memory, or None for that of temporary files."""
    try:
        roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    except OSError:
        return None
    return MEMORY if roomy else None
