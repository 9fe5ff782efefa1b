"""Loading a corpus: by name or from the user's files, verified, and cut into training and held-out text."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay.corpus.forms import FileName
from assay.corpus.forms import is_path as is_path
from assay.corpus.own_files import from_path, is_own, notes_of
from assay.corpus.sampling import SEED, size_of
from assay.errors import CorpusError, guard
from assay.plugins.host import Host
from assay.plugins.types import EDGE_CASE, CorpusPlugin, Document
from assay.records.results import Metrics
from assay.records.text import is_utf8

LEAVE_OUT = "fix the corpus, or leave it out of --corpora"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The training text, the documents that are measured, and figures on how they were read and divided."""

    training: str
    measured: tuple[Document, ...]
    figures: Metrics = Metrics()


def find(host: Host, name: str) -> CorpusPlugin:
    """Return the corpus of that name, or the one made of the user's file or folder of that path."""
    if not any(plugin.name == name for plugin in host.every(CorpusPlugin)) and is_path(name):
        return from_path(FileName.of(name))
    return host.one(CorpusPlugin, name)


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
    """Load a corpus and hold out a share of it; 0 trains and measures on all.

    A single document is cut after the last line break before its last `held_out` share of characters begins, or after
    the last white space, or exactly there; a cut before the share does not make it more than twice as large. Several
    documents are kept whole: of the user's files they are drawn, see `draw`, and of other corpora they are the last
    ones. Raises `CorpusError` for a corpus that is too short.
    """
    return split(corpus, load(corpus), held_out)


def split(corpus: CorpusPlugin, documents: tuple[Document, ...], held_out: float) -> Parts:
    """Hold out a share of the documents of a corpus, as `divide` does."""
    read = Metrics(corpus_notes=notes_of(corpus))
    if not held_out:
        return Parts(training="\n".join(document.text for document in documents), measured=documents, figures=read)
    parts = _parts(documents, held_out, drawn=is_own(corpus))
    if parts is None:
        raise CorpusError(
            f"the corpus {corpus.name} is too short to hold out {held_out * 100:g} % of it",
            remedy="use --held-out 0% or a longer text",
        )
    share = sum(map(size_of, parts.measured)) / sum(map(size_of, documents))
    return replace(parts, figures=read | Metrics(held_out_share=share))


def draw(documents: Sequence[Document], held_out: float) -> frozenset[int]:
    """Draw the documents that are held out, by a fixed seed and what they say, and return their places.

    They are tried in the order of a hash of their text: each is taken that does not make more than the share of the
    bytes, and in the end one more where that comes nearer. So the share is wrong by at most half the smallest document
    that is not held out, where there are enough of them: at least one is on either side. A file that is renamed stays
    on its side, and equal texts are on one. Blank ones are never held out.
    """
    alike: dict[str, list[int]] = {}
    for place, document in enumerate(documents):
        if document.text.strip():
            alike.setdefault(document.text, []).append(place)
    order = sorted(alike, key=lambda text: hashlib.blake2b(f"{SEED} {text}".encode("utf-8", "surrogatepass")).digest())
    sizes = {text: len(places) * size_of(documents[places[0]]) for text, places in alike.items()}
    target = held_out * sum(sizes.values())
    held: list[str] = []
    gap = target
    for text in order:
        if sizes[text] <= gap:
            held.append(text)
            gap -= sizes[text]
    left = [text for text in order if text not in set(held)]
    if len(left) > 1 and (not held or abs(gap - sizes[min(left, key=lambda text: sizes[text])]) < gap):
        held.append(min(left, key=lambda text: abs(gap - sizes[text])))
    return frozenset(place for text in held for place in alike[text])


def _parts(documents: tuple[Document, ...], held_out: float, *, drawn: bool) -> Parts | None:
    """The parts, or None where one of them would have nothing but white space."""
    if len(documents) == 1:
        (document,) = documents
        boundary = int((1.0 - held_out) * len(document.text))
        for cut in _cuts(document.text, boundary):
            before, after = document.text[:cut], document.text[cut:]
            if before.strip() and after.strip():
                held = Document(text=after, id=f"{document.id}[{cut}:]", language=document.language)
                return Parts(training=before, measured=(held,))
        return None
    places = draw(documents, held_out) if drawn else _last(documents, held_out)
    training = "\n".join(document.text for place, document in enumerate(documents) if place not in places)
    measured = tuple(document for place, document in enumerate(documents) if place in places)
    whole = training.strip() and any(document.text.strip() for document in measured)
    return Parts(training=training, measured=measured) if whole else None


def _last(documents: Sequence[Document], held_out: float) -> range:
    """The places of the last documents."""
    boundary = (1.0 - held_out) * sum(len(document.text) for document in documents)
    kept, length = 0, 0
    for document in documents[:-1]:
        length += len(document.text)
        if kept and length > boundary:
            break
        kept += 1
    return range(kept, len(documents))


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
