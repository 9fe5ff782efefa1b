"""Replace a file as a whole: a reader finds the old content or the new one, whatever happens meanwhile."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

DEVICES = ("/dev/", "/proc/")
MOST_LINKS = 40
# A folder that may not be written, and a file that is a mount of its own, as in a container.
IN_PLACE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY)
LONGEST = 60  # characters of a name that the file beside it repeats


def replace_file(path: str | Path, content: bytes) -> None:
    """Write a file beside another and rename it; raise `OSError` where that is not possible.

    Links are followed, and permissions stay. What is not a file, such as a pipe or `/dev/stdout`, is written to. So is
    a file that may be written in a folder that may not.
    """
    target = _target(Path(path))
    if target is None:
        Path(path).write_bytes(content)
        return
    try:
        old = target.stat()
    except FileNotFoundError:
        old = None
    temporary = target.with_name(f".{target.name[:LONGEST]}.{secrets.token_hex(4)}.tmp")
    try:
        _write(temporary, content, old)
        temporary.replace(target)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if old is None or not isinstance(error, OSError) or error.errno not in IN_PLACE:
            raise
        target.write_bytes(content)


def _target(path: Path) -> Path | None:
    """The file that a path leads to; None for what is not a file."""
    for _ in range(MOST_LINKS):
        if str(path.absolute()).startswith(DEVICES):
            return None
        if not path.is_symlink():
            break
        path = path.parent / path.readlink()
    return path if path.is_file() or not path.exists() else None


def _write(path: Path, content: bytes, old: os.stat_result | None) -> None:
    with path.open("xb") as file:
        if old is not None:
            os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))
            with suppress(OSError):
                os.fchown(file.fileno(), old.st_uid, old.st_gid)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
