"""The core on which workers take turns, and the host with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


def one_core() -> int | None:
    """Choose the core on which all workers take turns: alternation on one core is what makes pairs comparable."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    cores = sorted(os.sched_getaffinity(0))
    return cores[os.getpid() % len(cores)]


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Stay on a core meanwhile; None for wherever the system likes."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
