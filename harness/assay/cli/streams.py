"""The standard streams of a command: closed ones are opened again, and standard error never ends the work."""

from __future__ import annotations

import errno
import io
import os
import select
import sys

CLOSED_PIPE = 141  # 128 and the number of SIGPIPE: whoever read the output has gone
# No room, too large, a quota, a broken device, a descriptor that is not for writing.
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EBADF)


def prepare() -> None:
    """Open what the caller has closed, and let standard error swallow what cannot be written.

    Else a file of ours would get the number of a closed stream, and what a library prints would go into it. Output to
    one that was closed fails. Standard error is for people: where nobody can read it, the work goes on.
    """
    for name, descriptor, way in (("stdin", 0, os.O_WRONLY), ("stdout", 1, os.O_RDONLY), ("stderr", 2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, way)
            os.dup2(opened, descriptor)
            os.set_inheritable(descriptor, True)
            if opened != descriptor:
                os.close(opened)
            setattr(sys, name, open(descriptor, "w" if descriptor else "r", closefd=False))  # noqa: SIM115
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    unfailing = io.BufferedWriter(_Unfailing(2, "w", closefd=False))
    sys.stderr = io.TextIOWrapper(unfailing, encoding, "backslashreplace", line_buffering=True)


class _Unfailing(io.FileIO):
    """A stream whose writes are lost where they fail."""

    def write(self, content: object, /) -> int:
        try:
            return super().write(content)  # type: ignore[arg-type]
        except OSError:
            return memoryview(content).nbytes  # type: ignore[arg-type]


def is_closed_pipe(descriptor: int) -> bool:
    """Return whether a descriptor is a pipe or a socket that nobody reads any more."""
    if not hasattr(select, "poll"):
        return True
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def discard_output() -> None:
    """Let what is still to be written to standard output lead nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
