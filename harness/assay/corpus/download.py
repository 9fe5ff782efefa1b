"""Files that a corpus needs, by URL and sha256: fetched once into the data folder, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import unquote

from assay.corpus.forms import FIELD, FileName
from assay.corpus.own_files import OwnDocuments
from assay.corpus.shards import file_system, path_of
from assay.corpus.web_file import TooSlow, WebFile, is_web
from assay.credentials import keep
from assay.errors import AssayError
from assay.plugins.types import CorpusPlugin, Document, Missing
from assay.records.temporary import temporary_folder
from assay.records.user_cache import data_folder

BLOCK = 1 << 20
Read = Callable[..., Iterator[Document]]


class Download:
    """Fetches the files of a corpus by their URLs, and reads them: the `documents` of a corpus that is fetched.

    `Download({url: sha256})` takes the sha256 of each file by its URL: `https:`, `http:`, `file:`, or one that fsspec
    can read. It is compared before a file is kept, and each time before it is read. The files lie in `ASSAY_DATA`, by
    default `assay/data` in the user's cache folder. `corpus` makes the descriptor.

    A file of text is one document. JSON Lines, JSON, CSV and Parquet have one in the `field` of each record. All may be
    packed (`.gz`, `.zst`). Where that does not do, `read` is called with the paths of the files, in their order, and
    yields documents. Each file must have come within `timeout_s` seconds.
    """

    def __init__(
        self,
        files: Mapping[str, str],
        *,
        read: Read | None = None,
        field: str = FIELD,
        timeout_s: float = 600.0,
    ) -> None:
        """Take the sha256 of each URL; raise `AssayError` for what is not a sha256."""
        self.files = {url: sha256.lower() for url, sha256 in files.items()}
        self._read, self._field, self._timeout_s = read, field, timeout_s
        for url, sha256 in self.files.items():
            if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
                what = f"{sha256!r} is not the sha256 of {keep(url)}"
                raise AssayError(what, remedy="give its 64 hexadecimal digits")

    @property
    def places(self) -> tuple[Path, ...]:
        """Return where the files lie, or will lie: their names begin with their hashes, so that no two are alike."""
        return tuple(data_folder() / f"{sha256[:12]}-{_name(url)}" for url, sha256 in self.files.items())

    def corpus(self, **fields: Any) -> CorpusPlugin:
        """Return the descriptor of the corpus, from the fields of `CorpusPlugin`.

        `documents` and `missing` are those of the download. Unless they are given, `sha256` is None, and `source` the
        first URL without credentials.
        """
        usual = {"sha256": None, "source": keep(next(iter(self.files), ""))}
        missing = partial(self.missing, str(fields.get("name")))
        return CorpusPlugin(**{**usual, **fields}, documents=self, missing=missing)

    def missing(self, name: str) -> Missing | None:
        """Return that files of the corpus of this name are not here, and how they come; None where all are."""
        absent = [place for place in self.places if not place.is_file()]
        if not absent:
            return None
        what = "has not been fetched" if len(absent) == len(self.files) else f"lacks {len(absent)} of its files"
        return Missing(what, f"assay data fetch {name}")

    def fetch(self, tell: Callable[[str], None]) -> bool:
        """Fetch the files that are absent or damaged, and return whether any was; raise `AssayError`."""
        fetched = False
        for (url, sha256), place in zip(self.files.items(), self.places, strict=True):
            if not _is(place, sha256):
                tell(f"fetching {keep(url)}")
                self._fetch(url, sha256, place)
                fetched = True
        return fetched

    def __call__(self) -> Iterator[Document]:
        """Read the documents of the files, after their hashes were compared; raise `AssayError`."""
        for (url, sha256), place in zip(self.files.items(), self.places, strict=True):
            if not _is(place, sha256):
                what = f"{place} is not the file of {keep(url)} whose sha256 is {sha256}"
                raise AssayError(what, remedy="fetch it again with `assay data fetch`")
        if self._read is not None:
            yield from self._read(*self.places)
            return
        for document in OwnDocuments(self.places, FileName(path="", field=self._field))():
            yield replace(document, id=document.id.removeprefix(f"{data_folder()}{os.sep}"))

    def _fetch(self, url: str, sha256: str, place: Path) -> None:
        by_hand = f"check the address and the network, or put the file there by hand, as {place}"
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with temporary_folder(place.parent) as folder:
                arrived, digest = Path(folder, "file"), hashlib.sha256()
                with arrived.open("wb") as file:
                    for data in self._blocks(url, by_hand):
                        digest.update(data)
                        file.write(data)
                if (found := digest.hexdigest()) != sha256:
                    raise AssayError(
                        f"{keep(url)} is not the file that was pinned: its sha256 is {found}, not {sha256}",
                        remedy="do not use it; ask whoever wrote the plugin",
                    )
                arrived.replace(place)
        except OSError as error:
            raise AssayError(
                f"the data folder {place.parent} cannot be written: {error.strerror or error}",
                remedy="set ASSAY_DATA to a folder of your own",
            ) from None

    def _blocks(self, url: str, by_hand: str) -> Iterator[bytes]:
        """Read what a URL has; what goes wrong over there is no error of the folder."""
        shown, until = keep(url), time.monotonic() + self._timeout_s
        late = AssayError(f"{shown} did not come within {self._timeout_s:g} s", remedy=by_hand)
        try:
            with closing(_opened(url, self._timeout_s)) as stream:
                while data := stream.read(BLOCK):
                    if time.monotonic() > until:
                        raise late
                    yield data
        except (TooSlow, TimeoutError):
            raise late from None
        except (OSError, ValueError) as error:
            raise AssayError(f"{shown} cannot be fetched: {error}", remedy=by_hand) from None


def _opened(url: str, timeout_s: float) -> WebFile | IO[bytes]:
    if is_web(url):
        return WebFile(url, timeout_s)
    files, path = file_system(url)
    return cast("IO[bytes]", files.open(path, "rb"))


def _is(place: Path, sha256: str) -> bool:
    if not place.is_file():
        return False
    with place.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == sha256


def _name(url: str) -> str:
    """The last part of the path of a URL, as a name that every file system takes."""
    name = unquote(path_of(url)).rstrip("/").rpartition("/")[2]
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)[-100:] or "file"
