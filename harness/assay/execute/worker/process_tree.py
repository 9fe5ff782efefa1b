"""The processes of this machine: whose child each is, and the CPU time that it took."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


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
