"""The command line that a run, a comparison or a report came from, without passwords."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

IN_PLACE = re.compile(r"(://[^:/@]*):.*@", re.DOTALL)
IN_QUERY = re.compile(r"([?&][^=&]*password[^=&]*=)[^&]*", re.IGNORECASE)


def is_command() -> bool:
    """Return whether this process is the `assay` command, and not a program that imports it."""
    path = Path(sys.argv[0] if sys.argv else "")
    return path.stem == "assay" or path.parts[-2:] == ("assay", "__main__.py")


def command_line() -> str:
    """Return the command line of this process as a shell takes it, without passwords; a sentence for other programs."""
    if not is_command():
        script = Path(sys.argv[0] if sys.argv else "").name
        return f"run from Python{f' ({script})' if script else ''}: no command line of assay repeats it"
    return shlex.join(["assay", *map(hidden, sys.argv[1:])])


def hidden(text: str) -> str:
    """Put `***` in the place of the password of a URL; one that holds a bare `@` is hidden whole."""
    return IN_QUERY.sub(r"\1***", IN_PLACE.sub(r"\1:***@", text))
