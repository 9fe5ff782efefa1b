"""An error that nobody foresaw: one sentence for the user, a log file for us, and an exit code of its own."""

from __future__ import annotations

import os
import platform
import tempfile
import time
import traceback
from pathlib import Path

INTERNAL_ERROR = 70  # EX_SOFTWARE of sysexits.h


def report(error: BaseException) -> int:
    """Write the traceback to a log file, tell of it on standard error, and return the exit code 70."""
    from assay.cli.echo import echo_stderr
    from assay.errors import reason_of

    try:
        log = f"the traceback is in {_log(error)}; send it to the maintainers"
    except OSError as unwritable:
        log = f"its traceback cannot be kept: {unwritable.strerror}"
    echo_stderr(f"assay: error: a fault of Assay itself: {reason_of(error)} ({log})")
    return INTERNAL_ERROR


def _log(error: BaseException) -> Path:
    """Write down what ran, with what, and where it failed: in the cache folder, or else in the temporary one."""
    from assay.environment import cache

    name = f"assay-{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}.log"
    folder = cache.folder().parent / "crashes"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _written(folder / name, error)
    except OSError:
        return _written(Path(tempfile.gettempdir(), name), error)


def _written(path: Path, error: BaseException) -> Path:
    from assay.credentials import mask
    from assay.environment.command_line import command_line

    versions = f"assay {_version()}, Python {platform.python_version()}, {platform.platform()}"
    lines = (command_line(), versions, "".join(traceback.format_exception(error)))
    path.write_text(mask("\n".join(lines)), "utf-8", errors="backslashreplace")
    return path


def _version() -> str:
    from importlib import metadata

    from assay.plugins.host import DISTRIBUTION

    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "of an unknown version"
