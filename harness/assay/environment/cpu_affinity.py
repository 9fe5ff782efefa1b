"""The cores that a process may run on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager


def available_cores() -> list[int]:
    """List the cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def one_core() -> int | None:
    """Choose the core on which all workers take turns: alternation on one core is what makes pairs comparable."""
    cores = available_cores()
    return cores[os.getpid() % len(cores)] if hasattr(os, "sched_getaffinity") else None


@contextmanager
def pinned(*cores: int | None) -> Iterator[None]:
    """Keep this thread, and those that it starts, on some cores meanwhile; None is wherever the system likes."""
    wanted = {core for core in cores if core is not None}
    if not wanted or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, wanted)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def every_core() -> AbstractContextManager[None]:
    """Use every core of the machine meanwhile."""
    return pinned(*range(os.cpu_count() or 1))
