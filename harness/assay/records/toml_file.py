"""A TOML file of the current folder, which anybody may have written: bounded in size, in depth and in time."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from assay.errors import AssayError

MOST_BYTES = 1 << 20
# The standard library takes time that grows with the square of the parts of a dotted key.
_PART = r"(?:(?<![\w-])[\w-]+|\"[^\"\n]*\"|'[^'\n]*')"
_LONG_KEY = re.compile(rf"(?:{_PART}[ \t]*\.[ \t]*){{64}}", re.ASCII)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a file.

    Raises `FileNotFoundError` or `NotADirectoryError` where there is none. Raises `AssayError` for one that is
    not valid TOML, is not a file, or is too large or too deep.
    """
    try:
        text = _content(path).decode("utf-8")
        if _LONG_KEY.search(text):
            raise AssayError(f"{path} cannot be read: a key has more than 64 parts", remedy="write a shorter key")
        return tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        raise
    except RecursionError:
        raise AssayError(f"{path} cannot be read: it is nested too deeply", remedy="write fewer brackets") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise AssayError(f"{path} cannot be read: {error}") from None


def _content(path: Path) -> bytes:
    """The bytes of a regular file; a pipe or a device may have no end, and may wait for ever when it is opened."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise AssayError(f"{path} cannot be read: it is not a regular file", remedy="put a file in its place")
    with open(descriptor, "rb") as file:  # noqa: PTH123
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise AssayError(
            f"{path} cannot be read: it has more than {MOST_BYTES >> 20} MiB", remedy="settings take a few lines"
        )
    return content
