"""Which process did something, so that others can tell later whether it is still there."""

from __future__ import annotations

import hashlib
import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """A process: its machine (and container), the boot of that machine, its number, and when it started.

    `started` is in clock ticks after the boot. Numbers are given anew, so that number and start together name a
    process. Where the system does not tell `boot` or `started`, they are empty and 0.
    """

    machine: str
    boot: str
    pid: int
    started: int

    @classmethod
    def current(cls) -> ProcessIdentity:
        """Return the identity of this process."""
        return cls(machine=_machine(), boot=_boot(), pid=os.getpid(), started=_started(os.getpid()))

    @classmethod
    def parse(cls, text: str) -> ProcessIdentity | None:
        """Read what `str` wrote; return None for anything else."""
        parts = text.rsplit("/", 3)
        if len(parts) < 4 or not (parts[2].isdecimal() and parts[3].isdecimal()):
            return None
        return cls(machine=parts[0], boot=parts[1], pid=int(parts[2]), started=int(parts[3]))

    def __str__(self) -> str:
        return f"{self.machine}/{self.boot}/{self.pid}/{self.started}"

    @property
    def mark(self) -> str:
        """Letters, digits and hyphens for the name of a file that this process makes."""
        return f"{hashlib.sha256(self.machine.encode()).hexdigest()[:8]}-{self.pid}-{self.started}"

    @property
    def is_gone(self) -> bool:
        """Whether the process has certainly ended; one of another machine may still run."""
        if self.machine != _machine():
            return False
        if self.boot != _boot():
            return True
        return not is_alive(self.pid, self.started)


def marked_is_gone(mark: str) -> bool:
    """Return whether the process of such a `mark` has certainly ended."""
    machine, _, numbers = mark.partition("-")
    pid, _, started = numbers.partition("-")
    ours = ProcessIdentity.current().mark.partition("-")[0]
    return machine == ours and pid.isdecimal() and started.isdecimal() and not is_alive(int(pid), int(started))


def is_alive(pid: int, started: int) -> bool:
    """Return whether there is a process of this number that started then; with 0, at any time."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is somebody else's
        pass
    return not started or _started(pid) in (0, started)


def _machine() -> str:
    """The name of the machine, and on Linux the container in which numbers of processes are counted."""
    try:
        return f"{platform.node()}:{os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115
    except OSError:
        return platform.node()


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _started(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return int(fields[19]) if fields[0] not in "ZX" else -1
    except (OSError, ValueError, IndexError):
        return 0
