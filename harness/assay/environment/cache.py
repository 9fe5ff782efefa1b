"""A folder of things that are slow to build, each built once and whole, by one process at a time; old ones go."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from assay.errors import AssayError
from assay.records.user_cache import user_cache

Tell = Callable[[str], None]
KEPT = 8
IN_USE_S = 3600.0
WHOLE = "whole"


def folder() -> Path:
    """Return the folder for the baselines of checks: in `ASSAY_CACHE`, by default `assay` in the user's cache."""
    return user_cache() / "baselines"


def entry(cache: Path, key: str, build: Callable[[Path], None], tell: Tell) -> Path:
    """Return the folder of a key, built if it is not there.

    A build works in the final place, because virtual environments do not like to be moved; a file written last marks
    it as whole. What a killed build left has none, and is removed. Raises `AssayError` where nothing can be
    written, and what `build` raises.
    """
    entries = cache / "entries"
    try:
        entries.mkdir(parents=True, exist_ok=True)
        with _lock(cache, key, tell):
            found = entries / key
            if not (found / WHOLE).is_file():
                _build(found, build)
            (found / WHOLE).touch()  # its time is that of the last use
    except OSError as error:
        raise AssayError(
            f"the cache {cache} cannot be written: {error.strerror or error}",
            remedy="free some space, fix the permissions, or name another folder in ASSAY_CACHE",
        ) from None
    _prune(cache)
    return found


def _build(place: Path, build: Callable[[Path], None]) -> None:
    if place.exists():
        shutil.rmtree(place)
    place.mkdir()
    try:
        build(place)
        (place / WHOLE).touch()
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


def _prune(cache: Path) -> None:
    """Remove all but the newest entries, if they were not used for an hour: a check may be running on one."""
    found = sorted((cache / "entries").iterdir(), key=_used, reverse=True)
    for old in found[KEPT:]:
        if time.time() - _used(old) > IN_USE_S:
            with contextlib.suppress(OSError), _lock(cache, old.name, None):
                shutil.rmtree(old, ignore_errors=True)


def _used(place: Path) -> float:
    """When an entry was used last; one without the mark is being built, or its build was killed."""
    for path in (place / WHOLE, place):
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return 0.0


@contextlib.contextmanager
def _lock(cache: Path, key: str, tell: Tell | None) -> Iterator[None]:
    """Keep others from an entry; with `tell` wait for them, else raise `BlockingIOError`.

    The system frees the lock of a process that dies. A few files serve all keys, as removing one would be a race.
    """
    locks = cache / "locks"
    locks.mkdir(exist_ok=True)
    with (locks / key[:1]).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if tell is None:
                raise
            tell("waiting for another check that makes a baseline")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
