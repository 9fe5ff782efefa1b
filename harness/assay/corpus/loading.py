"""Loading a corpus: by name or from the user's files, verified, and cut into training and held-out text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assay.errors import CorpusError, guard
from assay.plugins.host import Host
from assay.plugins.types import EDGE_CASE, CorpusPlugin, Document
from assay.records.text import is_utf8

LEAVE_OUT = "fix the corpus, or leave it out of --corpora"
SUFFIXES = (".txt", ".text", ".md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The training text, and the documents that are measured."""

    training: str
    measured: tuple[Document, ...]


def is_path(name: str) -> bool:
    """Return whether a word after `--corpora` means the user's own file or folder, not a plugin."""
    return "/" in name or "\\" in name or Path(name).suffix in SUFFIXES or Path(name).exists()


def find(host: Host, name: str) -> CorpusPlugin:
    """Return the corpus of that name, or the one made of the user's file or folder of that path."""
    if not any(plugin.name == name for plugin in host.every(CorpusPlugin)) and is_path(name):
        return from_path(Path(name))
    return host.one(CorpusPlugin, name)


def from_path(path: Path) -> CorpusPlugin:
    """Make a corpus of a UTF-8 text file, or of all text files of a folder and its folders, in path order.

    Raises `CorpusError` for a path that does not exist and for a folder without text.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise CorpusError(f"the name of the corpus {str(path)!a} is not UTF-8", remedy="rename it") from None
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
        if not files:
            raise CorpusError(
                f"the folder {path} has no text",
                remedy=f"it is searched for {', '.join('*' + s for s in SUFFIXES)}",
            )
    elif path.is_file():
        files = [path]
    else:
        raise CorpusError(f"there is no corpus {path}", remedy="give a text file, a folder, or a name of `assay list`")
    return CorpusPlugin(
        name=str(path),
        summary=f"{len(files)} file(s) of the user",
        documents=partial(_read, tuple(files)),
        sha256=None,
        title=path.name,
        author="unstated",
        source=str(path),
        language="und",
        kind="user",
    )


def load(corpus: CorpusPlugin) -> tuple[Document, ...]:
    """Read all documents and check them against the corpus's hash.

    Raises `CorpusError` for what cannot be read, for a wrong hash and, but for limits, for what is empty or not UTF-8.
    """
    with guard(lambda reason: CorpusError(f"the corpus {corpus.name} cannot be read: {reason}", remedy=LEAVE_OUT)):
        documents = tuple(corpus.documents())
    strange: list[object] = [document for document in documents if not isinstance(document, Document)]
    if strange:
        raise CorpusError(f"the corpus {corpus.name} yields {type(strange[0]).__name__}, not assay.Document")
    if corpus.kind != EDGE_CASE:
        _sane(corpus, documents)
    found = digest(documents)
    if corpus.sha256 is not None and found != corpus.sha256:
        raise CorpusError(
            f"the corpus {corpus.name} is not the text its manifest promises: sha256 {found}, not {corpus.sha256}",
            remedy="reinstall the plugin that brings it",
        )
    return documents


def digest(documents: tuple[Document, ...]) -> str:
    """Return the sha256 of the documents' UTF-8 bytes in order, a NUL byte between two documents."""
    texts = (document.text.encode("utf-8", "surrogatepass") for document in documents)
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def divide(corpus: CorpusPlugin, held_out: float) -> Parts:
    """Load a corpus and hold out its last `held_out` share of characters; 0 trains and measures on all.

    Several documents are kept whole, in their order. A single document is cut after the last line break
    before the share begins, or after the last white space, or exactly there; a cut before the share does
    not make it more than twice as large. Raises `CorpusError` for a corpus that is too short.
    """
    return split(corpus, load(corpus), held_out)


def split(corpus: CorpusPlugin, documents: tuple[Document, ...], held_out: float) -> Parts:
    """Hold out a share of the documents of a corpus, as `divide` does."""
    if not held_out:
        return Parts(training="\n".join(document.text for document in documents), measured=documents)
    boundary = (1.0 - held_out) * sum(len(document.text) for document in documents)
    if len(documents) == 1:
        (document,) = documents
        for cut in _cuts(document.text, int(boundary)):
            before, after = document.text[:cut], document.text[cut:]
            if before.strip() and after.strip():
                held = Document(text=after, id=f"{document.id}[{cut}:]", language=document.language)
                return Parts(training=before, measured=(held,))
    else:
        kept, length = 0, 0
        for document in documents[:-1]:
            length += len(document.text)
            if kept and length > boundary:
                break
            kept += 1
        training = "\n".join(document.text for document in documents[:kept])
        if training.strip() and any(document.text.strip() for document in documents[kept:]):
            return Parts(training=training, measured=documents[kept:])
    raise CorpusError(
        f"the corpus {corpus.name} is too short to hold out its last {held_out * 100:g} %",
        remedy="use --held-out 0% or a longer text",
    )


def _sane(corpus: CorpusPlugin, documents: tuple[Document, ...]) -> None:
    if not any(document.text for document in documents):
        raise CorpusError(f"the corpus {corpus.name} is empty")
    strange = next((document for document in documents if not is_utf8(document.text)), None)
    if strange is not None:
        raise CorpusError(
            f"document {strange.id} of the corpus {corpus.name} has a lone surrogate, which has no UTF-8",
            remedy=f"take it out, or announce a corpus of the kind {EDGE_CASE}",
        )


def _cuts(text: str, boundary: int) -> tuple[int, ...]:
    """Where to cut a text: after the last line break or white space, unless far before the boundary, or there."""
    furthest = max(0, 2 * boundary - len(text))
    newline = text.rfind("\n", furthest, boundary)
    space = max(text.rfind(" ", furthest, boundary), text.rfind("\t", furthest, boundary))
    return (*(place + 1 for place in (newline, space) if place > 0), boundary)


def _read(files: tuple[Path, ...]) -> Iterator[Document]:
    for file in files:
        try:
            text = file.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise CorpusError(
                f"{file} is not UTF-8: byte {error.object[error.start]:#04x} at offset {error.start}",
                remedy="convert it, for example with iconv -t utf-8",
            ) from None
        except OSError as error:
            raise CorpusError(f"{file} cannot be read: {error.strerror}", remedy="fix its permissions") from None
        yield Document(text=text, id=str(file))
