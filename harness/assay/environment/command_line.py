"""The command line that a run, a comparison or a report came from, without credentials."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from assay.credentials import mask_argument


def is_command() -> bool:
    """Return whether this process is the `assay` command, and not a program that imports it."""
    path = Path(sys.argv[0] if sys.argv else "")
    return path.stem == "assay" or path.parts[-2:] == ("assay", "__main__.py")


def command_line() -> str:
    """Return the command line of this process as a shell takes it, masked; a sentence for other programs."""
    if not is_command():
        script = Path(sys.argv[0] if sys.argv else "").name
        return f"run from Python{f' ({script})' if script else ''}: no command line of assay repeats it"
    return shlex.join(["assay", *map(mask_argument, sys.argv[1:])])
