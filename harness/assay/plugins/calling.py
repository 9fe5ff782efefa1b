"""Which plugin is being called in this process, for the parent that sees it end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from mmap import mmap

LENGTH = 500
_board: mmap | None = None


def write_to(board: mmap) -> None:
    """Have what is called noted in memory that another process sees."""
    global _board
    _board = board


@contextmanager
def calling(what: str) -> Iterator[None]:
    """Note what is called, as long as that lasts."""
    if _board is None:
        yield
        return
    before = _board[:LENGTH]
    _board[:LENGTH] = what.encode("utf-8", "replace")[:LENGTH].ljust(LENGTH, b"\0")
    try:
        yield
    finally:
        _board[:LENGTH] = before


def read_from(board: mmap) -> str:
    """Return what is noted, or an empty text."""
    return board[:LENGTH].rstrip(b"\0").decode("utf-8", "replace")
