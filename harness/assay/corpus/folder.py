"""The files of a folder and its folders: which are read, and which are left out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from assay.corpus.forms import COMPRESSIONS, parts

NEVER_SEARCHED = frozenset({"__pycache__", "node_modules"})
VIRTUAL = "pyvenv.cfg"  # which marks a virtual environment
MOST_KINDS = 8
NO_FILE, NO_SUFFIX = "what is no file", "no suffix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The files that are `read`, in the order of their paths; how many are `left_out`, by what their names end in.

    The folders of `unsearched` were not looked into. With `chosen` patterns said what is read.
    """

    read: tuple[Path, ...]
    left_out: Mapping[str, int]
    unsearched: tuple[str, ...] = ()
    chosen: bool = False

    def describe(self, refused: Sequence[Path] = ()) -> str:
        """Return a sentence on what was read and left out; `refused` of those to be read were no text."""
        every = len(self.read) + sum(self.left_out.values())
        read = len(self.read) - len(refused)
        kinds = _listed(Counter(kind_of(path) for path in self.read if path not in refused))
        told = f"{every:,} file{'s' * (every != 1)}, {read:,} read{f' ({kinds})' if kinds else ''}"
        if self.left_out:
            told += f"; {sum(self.left_out.values()):,} left out: {_listed(Counter(self.left_out))}"
            told += "" if self.chosen else ", which --include reads"
        if self.unsearched:
            told += f"; not searched: {_few(self.unsearched)}"
        return told + (f"; no UTF-8 text, left out: {_few([path.name for path in refused])}" if refused else "")


def list_folder(folder: Path, include: Sequence[str] = ()) -> Listing:
    """List the files of a folder: those of the patterns `include`, else those of text and of records.

    A pattern without `/` is one of a file's name, another one of its path in the folder. Hidden folders, virtual
    environments and what package managers fill are not searched, and a folder to which several links lead once.
    """
    read: list[Path] = []
    left_out: Counter[str] = Counter()
    unsearched: list[str] = []
    for path in _walk(folder, unsearched):
        if not path.is_file():
            left_out[NO_FILE] += 1
        elif is_included(path.relative_to(folder).as_posix(), include):
            read.append(path)
        else:
            left_out[kind_of(path)] += 1
    return Listing(
        read=tuple(sorted(read)), left_out=left_out, unsearched=tuple(sorted(unsearched)), chosen=bool(include)
    )


def kind_of(path: Path) -> str:
    """Return what a file's name ends in: `.txt`, `.md.gz`, or that it has no suffix."""
    inner = Path(path.stem).suffix if path.suffix in COMPRESSIONS else ""
    return f"{inner}{path.suffix}" or NO_SUFFIX


def is_included(path: str, include: Sequence[str]) -> bool:
    """Return whether a file of a folder, by its path there, is one of the patterns; of text or records for none."""
    *folders, name = path.split("/")
    if any(map(_is_skipped, folders)):
        return False
    if not include:
        return parts(path, named=False) is not None
    return any(fnmatchcase(path if "/" in each else name, each.replace("**/", "*")) for each in include)


def _is_skipped(name: str) -> bool:
    return name.startswith(".") or name in NEVER_SEARCHED


def _walk(folder: Path, unsearched: list[str]) -> Iterator[Path]:
    """Yield all that is not a folder; note the folders that are not searched, or that cannot be."""
    seen: set[tuple[int, int]] = set()

    def refused(error: OSError) -> None:
        unsearched.append(str(Path(error.filename).relative_to(folder)))

    for place, folders, files in os.walk(folder, followlinks=True, onerror=refused):
        found = Path(place).stat()
        if (found.st_dev, found.st_ino) in seen:
            folders.clear()
            continue
        seen.add((found.st_dev, found.st_ino))
        for name in list(folders):
            if _is_skipped(name) or Path(place, name, VIRTUAL).exists():
                folders.remove(name)
                unsearched.append(str(Path(place, name).relative_to(folder)))
        folders.sort()
        yield from (Path(place, name) for name in files)


def _listed(counts: Counter[str]) -> str:
    return _few([kind for kind, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))])


def _few(names: Sequence[str]) -> str:
    more = len(names) - MOST_KINDS
    return ", ".join(names[:MOST_KINDS]) + (f" and {more:,} more" if more > 0 else "")
