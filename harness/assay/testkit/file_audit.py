"""See which files are opened for writing: by Python's audit events, so for the rest of the life of a process."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


@contextlib.contextmanager
def watched(opened: list[str]) -> Iterator[None]:
    """Append every file that is opened for writing meanwhile, but for temporary files, bytecode and devices."""
    watching = True
    temporary = (Path(tempfile.gettempdir()).resolve(), Path("/dev"))
    folder = Path.cwd().resolve()  # which is temporary too, but where a careless plugin writes

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if not (watching and event == "open"):
            return
        name, _, flags = arguments
        if not (isinstance(name, str | bytes) and isinstance(flags, int) and flags & WRITING):
            return
        path = (folder / os.fsdecode(name)).resolve()
        here = path.is_relative_to(folder)
        if (here or not any(path.is_relative_to(place) for place in temporary)) and ".pyc" not in path.name:
            opened.append(str(path.relative_to(folder) if here else path))

    sys.addaudithook(hook)
    try:
        yield
    finally:
        watching = False
