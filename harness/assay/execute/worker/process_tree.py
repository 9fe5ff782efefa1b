"""The processes of this machine: whose child each is, and the CPU time that it took."""

from __future__ import annotations

import contextlib
import os
import resource
import secrets
import sys
import time
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
LOCKS = 10  # RLIMIT_LOCKS, which Linux keeps and does not use
UNLIMITED = 1 << 62


@dataclass(frozen=True, slots=True)
class Process:
    """A process, alive or ended: its parent, when it began (in ticks), its CPU time, and its waited-for children's."""

    pid: int
    parent: int
    began: int
    ended: bool
    cpu_s: float
    waited_cpu_s: float

    def environment(self) -> Set[bytes]:
        """Return the variables that it began with, as `NAME=value`; none where that is not for this user to know."""
        with contextlib.suppress(OSError):
            return set(Path(f"/proc/{self.pid}/environ").read_bytes().split(b"\0"))
        return set()

    def marked(self, token: str) -> bool:
        """Whether it inherited the limit that `mark_process` set, which no exec and no new session takes away."""
        with contextlib.suppress(OSError):
            limits = Path(f"/proc/{self.pid}/limits").read_text("utf-8", "replace")
            return f" {int(token, 16)} " in limits.partition("Max file locks")[2].partition("\n")[0]
        return False


def new_token() -> str:
    """Return a value of the mark that no other worker has; all are of one length.

    As a number it is at most the limit that this process may set, which is itself marked where it is under a worker.
    """
    most = resource.getrlimit(LOCKS)[1] if sys.platform == "linux" else UNLIMITED
    return f"{secrets.randbelow(most if 0 < most < UNLIMITED else UNLIMITED):016x}"


def mark_process(token: str) -> None:
    """Mark this process, and all that it will start, by a limit that nothing uses."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(LOCKS, (int(token, 16), int(token, 16)))


def moment() -> int:
    """Return a time in ticks before which no process began that is started from here on."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * TICKS) - 1


def ended_for_memory() -> int | None:
    """How many processes the system has ended for want of memory; None where it does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/vmstat").read_text().partition("\noom_kill ")[2].split()[0])
    return None


def processes() -> tuple[Process, ...]:
    """List all processes; none where there is no /proc."""
    found = (_process(int(entry.name)) for entry in Path("/proc").glob("[0-9]*"))
    return tuple(process for process in found if process is not None)


def _process(pid: int) -> Process | None:
    """Read the fields of proc(5): state, parent, four of CPU time, and the beginning."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    own, waited = (sum(map(int, fields[start : start + 2])) / TICKS for start in (11, 13))
    return Process(pid, int(fields[1]), int(fields[19]), fields[0] in "ZX", own, waited)


def descendants(ancestor: int, everything: Sequence[Process]) -> Set[int]:
    """Return the children of a process, their children, and so on."""
    children: dict[int, list[int]] = {}
    for process in everything:
        children.setdefault(process.parent, []).append(process.pid)
    found: set[int] = set()
    todo = [ancestor]
    while todo:
        below = set(children.get(todo.pop(), ())) - found
        found |= below
        todo += below
    return found


def alive(known: Iterable[Process]) -> list[int]:
    """Return the ids of those that have not ended; an id may have gone to another process since."""
    now = ((process, _process(process.pid)) for process in known)
    return [old.pid for old, new in now if new is not None and not new.ended and new.began == old.began]
