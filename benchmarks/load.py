"""Background load: processes that spin, work in bursts and copy memory, as on a shared machine.

`python -m benchmarks.load 3` runs three of them until it is interrupted.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

COPIED = 32 << 20  # bytes, more than the caches of most processors hold
BURST_S = (0.05, 2.0)
LOOK_S = 0.2  # how often one looks whether whoever wanted the load is still there


@contextmanager
def busy(processes: int, seed: int = 0) -> Iterator[None]:
    """Keep so many processes busy: the first spins, the second works in bursts, the third copies memory, and so on."""
    kinds = list(KINDS)
    command = [sys.executable, "-m", "benchmarks.load"]
    root = Path(__file__).resolve().parents[1]
    load = [
        subprocess.Popen([*command, kinds[index % len(kinds)], str(seed + index), str(os.getpid())], cwd=root)
        for index in range(processes)
    ]
    try:
        yield
    finally:
        for process in load:
            process.kill()
        for process in load:
            process.wait()


def spin(seconds: float) -> None:
    """Count, on one core, for so long."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        sum(range(1000))


def copy(seconds: float) -> None:
    """Copy a block of memory again and again, for so long."""
    end, block = time.perf_counter() + seconds, bytearray(COPIED)
    while time.perf_counter() < end:
        bytes(block)


def spinning(_: random.Random) -> Iterator[None]:
    """Always busy."""
    while True:
        spin(LOOK_S)
        yield


def bursting(chance: random.Random) -> Iterator[None]:
    """Busy and idle in turn, each for a random time."""
    while True:
        spin(chance.uniform(*BURST_S))
        yield
        time.sleep(chance.uniform(*BURST_S))
        yield


def copying(chance: random.Random) -> Iterator[None]:
    """Memory bandwidth and cache taken in bursts."""
    while True:
        copy(chance.uniform(*BURST_S))
        yield
        time.sleep(chance.uniform(*BURST_S))
        yield


KINDS: Mapping[str, Callable[[random.Random], Iterator[None]]] = MappingProxyType(
    {"spinning": spinning, "bursting": bursting, "copying": copying}
)


def main(arguments: list[str]) -> None:
    """Be one process of the load (KIND SEED PARENT), or start so many (N)."""
    if len(arguments) == 1:
        with busy(int(arguments[0])), suppress(KeyboardInterrupt):
            threading.Event().wait()
        return
    kind, seed, parent = arguments
    for _ in KINDS[kind](random.Random(int(seed))):
        if os.getppid() != int(parent):
            return


if __name__ == "__main__":
    main(sys.argv[1:])
