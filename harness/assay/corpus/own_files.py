"""The user's own files as a corpus: what is read of a file or a folder, as it stands, and what is to be known of it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from assay.corpus.folder import Listing, list_folder
from assay.corpus.forms import FIELD, FORMS, SUFFIXES, FileName, parts
from assay.corpus.shards import Shard
from assay.errors import CorpusError
from assay.plugins.types import CorpusPlugin, Document

MOST_BYTES = 100_000_000  # of text in files of records or packed ones: those of more are counted, and not timed
BINARY_BYTES = 8_000  # of which a NUL in as many at the beginning is the mark, as for git
BOM = "\ufeff"


class OwnDocuments:
    """Reads the documents of files, empty and null ones left out, and keeps what is to be known of the last reading."""

    def __init__(self, files: Sequence[Path], name: FileName, listing: Listing | None = None) -> None:
        """`name` says how they are read, and `listing` is that of a folder."""
        self.places = tuple(files)
        self.name, self.listing = name, listing
        self.empty = 0
        self._refused: list[Path] = []
        self._text: tuple[str, ...] = ()

    def __call__(self) -> Iterator[Document]:
        """Read them, from the beginning each time. Raises `CorpusError`, and `OSError` in the form of one."""
        self.empty, self._refused = 0, []
        noted = _Notes()
        for file in self.places:
            try:
                for name, text in self._read(file):
                    if not text:
                        self.empty += 1
                        continue
                    noted.add(text)
                    yield Document(text=text, id=name)
            except OSError as error:
                raise CorpusError(f"{file} cannot be read: {error.strerror}", remedy="fix its permissions") from None
        self._text = noted.tell()

    @property
    def notes(self) -> str | None:
        """What was read and left out, and what is unusual in the text; None where there is nothing to say."""
        told = [] if self.listing is None else [self.listing.describe(self._refused)]
        told += [f"{self.empty:,} empty or null text{'s' * (self.empty != 1)} passed over"] if self.empty else []
        return "; ".join([*told, *self._text]) or None

    def _read(self, file: Path) -> Iterator[tuple[str, str]]:
        shard = _shard(file, self.name)
        if shard.form == "text" and shard.compression is None:
            data = file.read_bytes()
            try:
                text = data.decode("utf-8")
            except UnicodeDecodeError as error:
                if not self._refuse(file):
                    raise CorpusError(
                        f"{file} is not UTF-8: byte {error.object[error.start]:#04x} at offset {error.start}",
                        remedy="convert it, for example with iconv -t utf-8",
                    ) from None
            else:
                if b"\0" not in data[:BINARY_BYTES] or not self._refuse(file):
                    yield str(file), text
            return
        for number, text in enumerate(_documents(shard), start=1):
            yield (str(file) if shard.form == "text" else f"{file}:{number}"), text

    def _refuse(self, file: Path) -> bool:
        """Take note that a file is no text, where it was taken by a pattern and may be left out for that."""
        if self.name.include and file.suffix not in SUFFIXES:
            self._refused.append(file)
            return True
        return False


def from_path(file: FileName) -> CorpusPlugin:
    """Make a corpus of a file, or of the files of a folder and its folders, in path order.

    Raises `CorpusError` for a path that does not exist and for a folder without text.
    """
    path = Path(file.path)
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise CorpusError(f"the name of the corpus {str(path)!a} is not UTF-8", remedy="rename it") from None
    listing = list_folder(path, file.include) if path.is_dir() else None
    if listing is not None and not listing.read:
        searched = ", ".join(file.include or (f"*{suffix}" for suffix in FORMS))
        raise CorpusError(
            f"the folder {path} has no text: {listing.describe()}",
            remedy=f"it is searched for {searched}; --include '*.py' reads others",
        )
    if listing is None and not path.is_file():
        raise CorpusError(f"there is no corpus {path}", remedy="give a text file, a folder, or a name of `assay list`")
    files = (path,) if listing is None else listing.read
    documents = OwnDocuments(files, file, listing)
    return CorpusPlugin(
        name=str(replace(file, path=str(path))),
        summary=f"{len(files)} file(s) of the user",
        documents=documents,
        sha256=None,
        title=path.name,
        author="unstated",
        source=str(path),
        language="und",
        kind="user",
    )


def notes_of(corpus: CorpusPlugin) -> str | None:
    """Return what is to be known of how the user's files were read; None for other corpora."""
    documents: object = corpus.documents
    return documents.notes if isinstance(documents, OwnDocuments) else None


def why_counted(name: str) -> str | None:
    """Return what is to be known of files that are counted and not timed; None where that is what was asked for."""
    file = FileName.of(name)
    if not Path(file.path).exists():
        return None
    folder = f"{list_folder(Path(file.path), file.include).describe()}; " if Path(file.path).is_dir() else ""
    size = "" if fits(file) else f", as records and packed texts of more than {MOST_BYTES / 1e6:g} MB are"
    return f"{folder}counted shard by shard, and not timed{size}"


def is_own(corpus: CorpusPlugin) -> bool:
    """Return whether a corpus is of the user's files."""
    return isinstance(corpus.documents, OwnDocuments)


def named(name: str, include: Sequence[str], field: str) -> str:
    """Return the name of a corpus with the options of a command behind it, where they say how its files are read.

    So whoever reads it later, in whichever process, reads the same. Options that the name has already go before.
    """
    file = FileName.of(name)
    if not Path(file.path).exists():
        return name
    if Path(file.path).is_dir():
        file = replace(file, path=file.path.rstrip("/") or "/", include=file.include or tuple(include))
    if field != FIELD and file.field is None and has_fields(file):
        file = replace(file, field=field)
    return str(file)


def has_fields(file: FileName) -> bool:
    """Return whether some of the files have records, of which a field holds the text."""
    return any((parts(str(path)) or ("text",))[0] != "text" for path in _files(file))


def fits(file: FileName) -> bool:
    """Return whether files can be held and timed: records and packed texts up to 100 MB; other texts always can."""
    left = MOST_BYTES
    for path in _files(file):
        shard = _shard(path, file)
        if shard.form != "text" or shard.compression is not None:
            left -= _size(shard, left)
            if left < 0:
                return False
    return True


def _files(file: FileName) -> tuple[Path, ...]:
    path = Path(file.path)
    return list_folder(path, file.include).read if path.is_dir() else (path,)


def _shard(path: Path, name: FileName) -> Shard:
    form, compression = name.form_of(str(path))
    size, field = path.stat().st_size, name.field or FIELD
    return Shard(path=str(path), size=size, form=form, compression=compression, field=field)


def _size(shard: Shard, most: int) -> int:
    """The bytes of a file, unpacked, or more than `most`; those as it lies there where that cannot be told."""
    from assay.corpus.shard_reader import unpacked_size

    if shard.size > most:
        return shard.size
    try:
        return unpacked_size(shard, most)
    except Exception:  # zlib.error, ArrowException, a package that is not installed
        return shard.size  # reading it says what is wrong


def _documents(shard: Shard) -> Iterator[str]:
    """The documents of a file of records, or of a packed one, each whole."""
    from assay.corpus.shard_reader import passages

    for passage in passages(shard, None, lambda text, start: None):
        if passage.bad:
            raise CorpusError(
                f"document {passage.document + 1} of {shard.path} is not UTF-8 in {passage.bad:,} places",
                remedy="convert it, or count it with --executor local, which replaces them",
            )
        yield passage.text


class _Notes:
    """What is unusual in texts that are kept as they stand: line ends, byte order marks, Unicode that is not NFC."""

    def __init__(self) -> None:
        self._documents = self._crlf = self._bom = self._other = self._characters = 0

    def add(self, text: str) -> None:
        self._documents += 1
        self._crlf += "\r\n" in text
        self._bom += text.startswith(BOM)
        if not unicodedata.is_normalized("NFC", text):
            self._other += 1
            self._characters += _changed(text)

    def tell(self) -> tuple[str, ...]:
        """Return a sentence for each; none for what no document has."""

        def share(count: int) -> str:
            return f" in {count:,} of {self._documents:,} documents" if self._documents > 1 else ""

        told = [f"CRLF line ends{share(self._crlf)}, kept"] if self._crlf else []
        told += [f"a BOM at the beginning{share(self._bom)}, kept"] if self._bom else []
        if self._other:
            told.append(f"not NFC, kept: {self._characters:,} characters{share(self._other)}")
        return tuple(told)


def _changed(text: str) -> int:
    """How many characters of a text its NFC does not have; at least one, where only their order changes."""
    return max(1, (Counter(text) - Counter(unicodedata.normalize("NFC", text))).total())
