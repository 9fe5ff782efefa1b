"""The files that a corpus of shards consists of: found by a path, a pattern, a folder or a URL."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from assay.corpus.folder import is_included
from assay.corpus.forms import COMPRESSIONS, FIELD, FORMS, NEVER_WHOLE, Compression, FileName, Form, is_path
from assay.corpus.web_file import WebFile, is_web, within
from assay.credentials import keep, mask_argument, reveal
from assay.errors import CorpusError
from assay.plugins.host import Host
from assay.plugins.requirements import pip_install

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

DRIVERS: Mapping[str, str] = MappingProxyType(
    {
        "s3": "s3fs",
        **dict.fromkeys(("gs", "gcs"), "gcsfs"),
        **dict.fromkeys(("az", "abfs"), "adlfs"),
        **dict.fromkeys(("http", "https"), "fsspec[http]"),
    }
)
WILD = frozenset("*?[")
TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One file: its `path` or URL, the form of its content, and its `size` in bytes as it lies there.

    The URL has its credentials, and is in nothing that is stored or shown: what is shown is `shown`. `timeout_s` is the
    time for each 10 MB of what a web server sends.
    A file of `text` is one document; of `jsonl` each line is one, of `parquet` and `csv` each row, and of `json` each
    element of the array: what its `field` holds.
    """

    path: str
    size: int
    form: Form = "text"
    compression: Compression | None = None
    field: str = FIELD
    timeout_s: float = TIMEOUT_S

    @property
    def shown(self) -> str:
        """The path, without credentials."""
        return mask_argument(self.path)

    @property
    def name(self) -> str:
        """The last part of the path, without credentials."""
        before, question, query = self.shown.partition("?") if "://" in self.path else (self.shown, "", "")
        return before.rpartition("/")[2] + question + query


def is_shards(name: str) -> bool:
    """Return whether a word after `--corpora` means shards even unasked, since it may not fit into memory."""
    if "://" in name:
        return True
    file = FileName.of(name)
    if Path(file.path).exists():
        from assay.corpus.own_files import fits

        return not fits(file)
    wild = not WILD.isdisjoint(file.path) and (is_path(name) or "/" in file.path)
    return wild or Path(file.path).suffix in NEVER_WHOLE


def find_shards(where: str, field: str = FIELD, timeout_s: float = TIMEOUT_S) -> tuple[Shard, ...]:
    """List the shards of a file, a pattern, a folder and its folders, or a URL of these, in the order of their paths.

    In a folder only files are taken whose names end as those of text, JSON Lines or Parquet do. `where` may be the
    masked form of a URL that this process was given. Raises `CorpusError` where there are none, where listing takes
    longer than `timeout_s`, and where the URL needs a package that is not installed.
    """
    shown, where = keep(reveal(where)), reveal(where)
    file = FileName.of(where)
    where, field = file.path, file.field or field
    if is_web(where) and not _is_listed(where):
        try:
            with closing(WebFile(where, timeout_s)) as found:
                size, place = found.size, found.place
        except OSError as error:
            raise CorpusError(f"{shown} cannot be read: {error}", remedy="check the address and the network") from None
        if not path_of(place).endswith("/"):
            form, compression = file.form_of(path_of(where))
            shard = Shard(path=where, size=size, form=form, compression=compression, field=field)
            return (replace(shard, timeout_s=timeout_s),)
    files, path = file_system(where)

    def late() -> CorpusError:
        return CorpusError(f"the shards {shown} were not listed within {timeout_s:g} s", remedy="see --timeout")

    if is_local(files):
        found_files = _listed(files, path, shown, file.include)
    else:
        found_files = within(timeout_s, lambda: _listed(files, path, shown, file.include), late)
    shards = (_shard(files, name, info, field, file) for name, info in sorted(found_files.items()))
    return tuple(replace(shard, timeout_s=timeout_s) for shard in shards)


def _is_listed(where: str) -> bool:
    """Whether the URL of a web server is that of a folder or a pattern, which a page with links stands for."""
    path = path_of(where)
    return path.endswith("/") or not path or not WILD.isdisjoint(path)


def path_of(where: str) -> str:
    """Return the path in a URL, which need not be a valid one."""
    return re.split(r"[?#]", where.partition("://")[2])[0].partition("/")[2]


def is_local(files: AbstractFileSystem) -> bool:
    """Return whether files lie on this machine."""
    return "file" in files.protocol if isinstance(files.protocol, tuple) else files.protocol == "file"


def _listed(
    files: AbstractFileSystem, path: str, shown: str, include: Sequence[str]
) -> Mapping[str, Mapping[str, Any]]:
    try:
        if not WILD.isdisjoint(path) and not files.exists(path):
            found = {str(name): info for name, info in files.glob(path, detail=True).items() if info["type"] == "file"}
            looked = "no file's name fits it"
        elif files.isdir(path):
            inside = files.find(path, detail=True)
            found = {
                str(name): info
                for name, info in inside.items()
                if is_included(str(name).removeprefix(path).lstrip("/"), include)
            }
            looked = f"the folder is searched for {', '.join('*' + suffix for suffix in (*FORMS, *COMPRESSIONS))}"
        else:
            found = {path: files.info(path)} if files.exists(path) else {}
            looked = "give a file, a pattern, a folder or a URL, or a name of `assay list`"
    except Exception as error:  # whatever an object store says
        raise CorpusError(f"the shards {shown} cannot be listed: {type(error).__name__}: {error}") from None
    if not found:
        raise CorpusError(f"there are no shards {shown}", remedy=looked)
    return found


def file_system(where: str) -> tuple[AbstractFileSystem, str]:
    """Return what reads a path or a URL, and the path there; raise `CorpusError` where a package is missing."""
    from fsspec.core import url_to_fs

    shown = keep(where)
    try:
        files, path = url_to_fs(where)
    except ImportError as error:
        protocol = where.partition("://")[0]
        package = DRIVERS.get(protocol)
        remedy = None if package is None else pip_install([package])
        raise CorpusError(f"{shown} cannot be read: {error}", remedy=remedy) from None
    except ValueError as error:
        raise CorpusError(f"{shown} cannot be read: {error}") from None
    return files, str(path)


def total_size(shards: Sequence[Shard]) -> int:
    """Return the bytes of shards, as they lie there."""
    return sum(shard.size for shard in shards)


def _shard(files: AbstractFileSystem, path: str, info: Mapping[str, Any], field: str, file: FileName) -> Shard:
    form, compression = file.form_of(path)
    where = path if is_local(files) else str(files.unstrip_protocol(path))
    return Shard(path=where, size=int(info["size"] or 0), form=form, compression=compression, field=field)


def is_counted(host: Host, name: str, *, sharded: bool) -> bool:
    """Whether a word after `--corpora` is to be counted shard by shard; with `sharded` every path is."""
    from assay.plugins.types import CorpusPlugin

    if any(plugin.name == name for plugin in host.every(CorpusPlugin)):
        return False
    return (sharded and is_path(name)) or is_shards(name)
