"""The files that a corpus of shards consists of: found by a path, a pattern, a folder or a URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from assay.corpus.loading import SUFFIXES, is_path
from assay.errors import CorpusError
from assay.plugins.host import Host
from assay.plugins.requirements import pip_install

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

Form = Literal["text", "jsonl", "parquet"]
Compression = Literal["gzip", "zstd"]
FORMS: Mapping[str, Form] = MappingProxyType(
    {
        **dict.fromkeys(SUFFIXES, "text"),
        **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
        ".parquet": "parquet",
    }
)
COMPRESSIONS: Mapping[str, Compression] = MappingProxyType({".gz": "gzip", ".zst": "zstd"})
NEVER_WHOLE = frozenset(suffix for suffix in (*FORMS, *COMPRESSIONS) if suffix not in SUFFIXES)
DRIVERS: Mapping[str, str] = MappingProxyType(
    {
        "s3": "s3fs",
        **dict.fromkeys(("gs", "gcs"), "gcsfs"),
        **dict.fromkeys(("az", "abfs"), "adlfs"),
        **dict.fromkeys(("http", "https"), "fsspec[http]"),
    }
)
WILD = frozenset("*?[")
FIELD = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One file: its `path` or URL, the form of its content, and its `size` in bytes as it lies there.

    A file of `text` is one document; of `jsonl` each line is one, and of `parquet` each row: what its `field` holds.
    """

    path: str
    size: int
    form: Form = "text"
    compression: Compression | None = None
    field: str = FIELD

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


def is_shards(name: str) -> bool:
    """Return whether a word after `--corpora` means shards even unasked, since it cannot be held in memory."""
    if "://" in name:
        return True
    if Path(name).is_dir():
        return any(path.suffix in NEVER_WHOLE for path in Path(name).rglob("*"))
    if Path(name).exists():
        return Path(name).suffix in NEVER_WHOLE
    wild = not WILD.isdisjoint(name) and (is_path(name) or "/" in name)
    return wild or Path(name).suffix in NEVER_WHOLE


def find_shards(where: str, field: str = FIELD) -> tuple[Shard, ...]:
    """List the shards of a file, a pattern, a folder and its folders, or a URL of these, in the order of their paths.

    In a folder only files are taken whose names end as those of text, JSON Lines or Parquet do. Raises `CorpusError`
    where there are none, and where the URL needs a package that is not installed.
    """
    files, path = file_system(where)
    try:
        if not WILD.isdisjoint(path) and not files.exists(path):
            found = {str(name): info for name, info in files.glob(path, detail=True).items() if info["type"] == "file"}
            looked = "no file's name fits it"
        elif files.isdir(path):
            inside = files.find(path, detail=True)
            found = {str(name): info for name, info in inside.items() if _parts(str(name)) is not None}
            looked = f"the folder is searched for {', '.join('*' + suffix for suffix in (*FORMS, *COMPRESSIONS))}"
        else:
            found = {path: files.info(path)} if files.exists(path) else {}
            looked = "give a file, a pattern, a folder or a URL, or a name of `assay list`"
    except Exception as error:  # whatever an object store says
        raise CorpusError(f"the shards {where} cannot be listed: {type(error).__name__}: {error}") from None
    if not found:
        raise CorpusError(f"there are no shards {where}", remedy=looked)
    return tuple(_shard(files, name, info, field) for name, info in sorted(found.items()))


def file_system(where: str) -> tuple[AbstractFileSystem, str]:
    """Return what reads a path or a URL, and the path there; raise `CorpusError` where a package is missing."""
    from fsspec.core import url_to_fs

    try:
        files, path = url_to_fs(where)
    except ImportError as error:
        protocol = where.partition("://")[0]
        package = DRIVERS.get(protocol)
        remedy = None if package is None else pip_install([package])
        raise CorpusError(f"{where} cannot be read: {error}", remedy=remedy) from None
    except ValueError as error:
        raise CorpusError(f"{where} cannot be read: {error}") from None
    return files, str(path)


def total_size(shards: Sequence[Shard]) -> int:
    """Return the bytes of shards, as they lie there."""
    return sum(shard.size for shard in shards)


def _shard(files: AbstractFileSystem, path: str, info: Mapping[str, Any], field: str) -> Shard:
    form, compression = _parts(path) or ("text", None)
    local = "file" in files.protocol if isinstance(files.protocol, tuple) else files.protocol == "file"
    where = path if local else str(files.unstrip_protocol(path))
    return Shard(path=where, size=int(info["size"] or 0), form=form, compression=compression, field=field)


def _parts(path: str) -> tuple[Form, Compression | None] | None:
    """The form and the compression of a file by its name; None where the name does not tell."""
    name = Path(path)
    compression = COMPRESSIONS.get(name.suffix)
    form = FORMS.get(Path(name.stem).suffix if compression else name.suffix)
    if form is None:
        return ("text", compression) if compression else None
    return form, compression


def is_counted(host: Host, name: str, *, sharded: bool) -> bool:
    """Whether a word after `--corpora` is to be counted shard by shard; with `sharded` every path is."""
    from assay.plugins.types import CorpusPlugin

    if any(plugin.name == name for plugin in host.every(CorpusPlugin)):
        return False
    return is_shards(name) or (sharded and is_path(name))
