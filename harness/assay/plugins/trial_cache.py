"""Which installed plugins passed their trial, as long as their files, and what they require, are the same."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from assay.plugins.entry_points import Source
from assay.plugins.host import DISTRIBUTION
from assay.records.user_cache import user_cache

MOST_FILES = 10_000
MOST_KEPT = 200
RULES = ("discovery.py", "process_state.py", "supervision.py")
NAME = re.compile(r"[A-Za-z0-9._-]+")


def fingerprint(source: Source) -> str | None:
    """Return text that is another one after a change of the plugin's distribution; None where that cannot be told.

    It has the time and size of each file, the distributions that it requires, the Python, and Assay itself. What a
    plugin does may depend on more: its trial is not repeated for that.
    """
    found = source.distribution
    if found is None:
        return None
    try:
        place = (source.origin, sys.version, sys.prefix, sys.path)
        rules = [_facts(Path(__file__).with_name(name)) for name in RULES]
        return "\n".join([repr(place), metadata.version(DISTRIBUTION), *rules, *_files(source, found), *_needs(found)])
    except (OSError, ImportError, ValueError, RuntimeError):
        return None


def passed(text: str | None) -> bool:
    """Return whether a plugin with this fingerprint passed its trial before."""
    try:
        return text is not None and _place(text).read_text("utf-8") == text
    except (OSError, ValueError, RuntimeError):
        return False


def remember(text: str) -> None:
    """Keep that the plugin of this fingerprint passed; where that cannot be written, it is tried again next time."""
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        place = _place(text)
        place.parent.mkdir(parents=True, exist_ok=True)
        new = place.with_suffix(f".{os.getpid()}")
        new.write_text(text, "utf-8")
        new.replace(place)
        kept = sorted(place.parent.iterdir(), key=lambda path: path.stat().st_mtime)
        for old in kept[:-MOST_KEPT]:
            old.unlink()


def _place(text: str) -> Path:
    return user_cache() / "trials" / f"{zlib.crc32(text.partition(chr(10))[0].encode()):08x}.txt"


def _files(source: Source, found: metadata.Distribution) -> Iterator[str]:
    """Yield what is known of each file: those of its RECORD, and where that lacks the module, its folder."""
    recorded = found.read_text("RECORD") or ""
    names = [line.rsplit(",", 2)[0].strip('"') for line in recorded.splitlines()]
    paths = [os.path.normpath(str(found.locate_file(name))) for name in names if not name.endswith(".pyc")]
    spec = importlib.util.find_spec(source.module.partition(".")[0])
    if spec is None:
        raise ImportError(source.module)
    if spec.origin not in paths:
        paths += _walk(spec.submodule_search_locations or [spec.origin or ""])
    if len(paths) > MOST_FILES:
        raise ValueError(f"{len(paths)} files")
    yield from (_facts(Path(path)) for path in paths)


def _walk(places: Iterable[str]) -> Iterator[str]:
    for place in places:
        if Path(place).is_file():
            yield place
        for folder, folders, names in os.walk(place):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            yield from (f"{folder}/{name}" for name in sorted(names))


def _facts(path: Path) -> str:
    known = path.stat()
    return f"{path} {known.st_size} {known.st_mtime_ns}"


def _needs(found: metadata.Distribution) -> Iterator[str]:
    """Yield where each required distribution lies, which has its version, and when that was written."""
    for text in found.requires or ():
        name = NAME.match(text)
        try:
            place = getattr(metadata.distribution(name[0] if name else text), "_path", None)
        except metadata.PackageNotFoundError:
            yield f"{text} is not here"
        else:
            yield f"{place} {Path(str(place)).stat().st_mtime_ns}"
