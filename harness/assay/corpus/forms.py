"""What the name of a text tells: whether it is a path, how it is to be read, and which form its files have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Self
from urllib.parse import unquote

Form = Literal["text", "jsonl", "parquet", "csv", "tsv", "json"]
Compression = Literal["gzip", "zstd"]
SUFFIXES = (".txt", ".text", ".md")
FORMS: Mapping[str, Form] = MappingProxyType(
    {
        **dict.fromkeys(SUFFIXES, "text"),
        **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
        ".parquet": "parquet",
    }
)
# Of these a folder has many that are no texts, so they are read only where they are named.
NAMED_ONLY: Mapping[str, Form] = MappingProxyType({".csv": "csv", ".tsv": "tsv", ".json": "json"})
COMPRESSIONS: Mapping[str, Compression] = MappingProxyType({".gz": "gzip", ".zst": "zstd"})
NEVER_WHOLE = frozenset(suffix for suffix in (*FORMS, *COMPRESSIONS) if suffix not in SUFFIXES)
FIELD = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileName:
    """A path as `--corpora` takes it, and behind a `#` how it is to be read: `src#include=*.py&field=body`.

    `include` are the patterns of the files that are read of a folder, and `field` is where a record has its text.
    """

    path: str
    include: tuple[str, ...] = ()
    field: str | None = None

    @classmethod
    def of(cls, name: str) -> Self:
        """Read a name; one of a file that exists, and one with other options, is a path as a whole."""
        path, sign, options = name.rpartition("#")
        pairs = [option.partition("=")[::2] for option in options.split("&")]
        if not (sign and path) or {key for key, _ in pairs} - {"include", "field"} or Path(name).exists():
            return cls(path=name)
        include = tuple(unquote(value) for key, value in pairs if key == "include")
        field = next((unquote(value) for key, value in pairs if key == "field"), None)
        return cls(path=path, include=include, field=field)

    def form_of(self, path: str) -> tuple[Form, Compression | None]:
        """Return the form and the compression of one of the files.

        CSV and JSON that a pattern takes which does not end as they do, such as `*`, are text, unless a field is given.
        """
        suffixes = "".join(Path(path).suffixes[-2:] if Path(path).suffix in COMPRESSIONS else Path(path).suffixes[-1:])
        named = not self.include or self.field is not None
        named = named or any(suffixes and pattern.endswith(suffixes) for pattern in self.include)
        return parts(path, named=named) or ("text", COMPRESSIONS.get(Path(path).suffix))

    def __str__(self) -> str:
        options = [("include", pattern) for pattern in self.include]
        options += [("field", self.field)] if self.field is not None else []
        written = "&".join(f"{key}={_quoted(value)}" for key, value in options)
        return f"{self.path}#{written}" if written else self.path


def is_path(name: str) -> bool:
    """Return whether a word after `--corpora` means the user's own file or folder, not a plugin."""
    path = FileName.of(name).path
    return "/" in path or "\\" in path or Path(path).suffix in SUFFIXES or Path(path).exists()


def parts(path: str, *, named: bool = True) -> tuple[Form, Compression | None] | None:
    """Return the form and the compression of a file by its name; None where the name does not tell.

    Those that are read only where they are `named` count as well.
    """
    name = Path(path)
    compression = COMPRESSIONS.get(name.suffix)
    suffix = Path(name.stem).suffix if compression else name.suffix
    form = FORMS.get(suffix) or (NAMED_ONLY.get(suffix) if named else None)
    if form is None:
        return ("text", compression) if compression and suffix not in NAMED_ONLY else None
    return form, compression


def _quoted(value: str) -> str:
    return value.replace("%", "%25").replace("&", "%26").replace("#", "%23")
