"""The command line that a run, a comparison or a report came from, without passwords."""

from __future__ import annotations

import re
import shlex
import sys

IN_PLACE = re.compile(r"(://[^:/@]*):.*@", re.DOTALL)
IN_QUERY = re.compile(r"([?&][^=&]*password[^=&]*=)[^&]*", re.IGNORECASE)


def command_line() -> str:
    """Return the command line of this process as a shell takes it, without passwords."""
    return shlex.join(["assay", *map(hidden, sys.argv[1:])])


def hidden(text: str) -> str:
    """Put `***` in the place of the password of a URL; one that holds a bare `@` is hidden whole."""
    return IN_QUERY.sub(r"\1***", IN_PLACE.sub(r"\1:***@", text))
