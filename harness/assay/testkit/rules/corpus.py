"""What a corpus must be."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from assay.corpus.loading import digest
from assay.plugins.types import EDGE_CASE, CorpusPlugin, Document
from assay.records.metric_catalogue import LANGUAGE
from assay.records.text import is_utf8
from assay.testkit.context import Context
from assay.testkit.registry import Check
from assay.testkit.result import ConformanceError, Skip
from assay.testkit.shrinking import quoted
from assay.testkit.subprocess import ask


def reads(plugin: CorpusPlugin, context: Context) -> str:
    """It yields documents, each with a text and an id, and something to read, unless it has edge cases."""
    remedy = "yield assay.Document(text=..., id=...)"
    documents = _documents(plugin, context)
    for place, document in enumerate(documents):
        if not isinstance(document, Document):
            raise ConformanceError(f"document {place} is {type(document).__name__}", remedy=remedy)
        for field in ("text", "id"):
            value: object = getattr(document, field)
            if not isinstance(value, str):
                raise ConformanceError(
                    f"the {field} of document {place} is {type(value).__name__}, not str", remedy=remedy
                )
    size = sum(len(document.text) for document in documents)
    if not size and plugin.kind != EDGE_CASE:
        told = "no document" if not documents else f"{len(documents)} documents without a character"
        raise ConformanceError(f"it has {told}", remedy="give it a text")
    return f"{len(documents):,} document{'s' * (len(documents) != 1)}, {size:,} characters"


def stable(plugin: CorpusPlugin, context: Context) -> str:
    """Reading it again gives the same documents; without a sha256 also in another process with another hash seed."""
    first, second = in_short(_documents(plugin, context)), in_short(plugin.documents())
    _compare(first, second, "when it is read again")
    if plugin.sha256 is not None:
        return "read twice"
    answer = ask(context.origin, "documents", name=plugin.name)
    theirs = [(item[0], item[1], item[2]) for item in answer.content["documents"]]
    _compare(first, theirs, f"in a process with PYTHONHASHSEED={answer.seed}")
    return "read twice, and once in another process"


def sha256(plugin: CorpusPlugin, context: Context) -> str:
    """The sha256 of its documents is the one that it declares."""
    found = digest(_documents(plugin, context))
    if plugin.sha256 is None:
        raise Skip(f"it declares none; that of its documents is {found}")
    if found != plugin.sha256:
        raise ConformanceError(
            f"its documents have the sha256 {found}, and it declares {plugin.sha256}",
            remedy="declare that of the UTF-8 bytes of all texts in order, a NUL byte between two",
        )
    return found[:16]


def unicode_text(plugin: CorpusPlugin, context: Context) -> None:
    """Every text can be written in UTF-8; one of edge cases alone may hold lone surrogates."""
    if plugin.kind == EDGE_CASE:
        raise Skip("it has edge cases, which may hold lone surrogates")
    for document in _documents(plugin, context):
        if not is_utf8(document.text):
            place = next(place for place, char in enumerate(document.text) if not is_utf8(char))
            excerpt = quoted(document.text[max(0, place - 8) : place + 8])
            raise ConformanceError(
                f"document {quoted(document.id)} has a lone surrogate at character {place}: {excerpt}",
                remedy=f"take it out, or announce the kind {EDGE_CASE}",
            )


def ids_unique(plugin: CorpusPlugin, context: Context) -> None:
    """Every document has an id of its own, which is not empty."""
    seen: set[str] = set()
    for place, document in enumerate(_documents(plugin, context)):
        if not document.id or document.id in seen:
            told = f"has the id {quoted(document.id)} of an earlier one" if document.id else "has an empty id"
            raise ConformanceError(f"document {place} {told}", remedy="number them, or name them by their files")
        seen.add(document.id)


def languages(plugin: CorpusPlugin, context: Context) -> str:
    """Languages are tags such as en, pt-BR or und, of the corpus and of documents that state one."""
    remedy = "write a tag of BCP 47: en, pt-BR, zh-Hant; mul for several, und for none"
    if not re.fullmatch(LANGUAGE, plugin.language):
        raise ConformanceError(f"its language is {plugin.language!r}", remedy=remedy)
    stated = dict.fromkeys(document.language for document in _documents(plugin, context))
    tags: list[object] = [tag for tag in stated if tag is not None]
    for tag in tags:
        if not isinstance(tag, str) or not re.fullmatch(LANGUAGE, tag):
            raise ConformanceError(f"the language of a document is {tag!r}", remedy=remedy)
    return f"{plugin.language}, documents in {len(tags)}" if tags else plugin.language


def in_short(documents: Iterable[Document]) -> list[tuple[str, str | None, str]]:
    """Return the id, language and sha256 of each document."""
    return [
        (item.id, item.language, hashlib.sha256(item.text.encode("utf-8", "surrogatepass")).hexdigest())
        for item in documents
    ]


def _documents(plugin: CorpusPlugin, context: Context) -> tuple[Document, ...]:
    """Read all documents, once for all checks."""
    return context.once("documents", lambda: tuple(plugin.documents()))


def _compare(ours: list[tuple[str, str | None, str]], theirs: list[tuple[str, str | None, str]], when: str) -> None:
    remedy = "read the same files in the same order, and seed what is drawn"
    if len(ours) != len(theirs):
        raise ConformanceError(f"it has {len(ours):,} documents, and {len(theirs):,} {when}", remedy=remedy)
    for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if one != other:
            what = "another id" if one[0] != other[0] else "another text" if one[2] != other[2] else "another language"
            raise ConformanceError(f"document {place} ({quoted(one[0])}) has {what} {when}", remedy=remedy)


CHECKS = (
    Check.of(reads, "ready"),
    Check.of(stable, "reads"),
    Check.of(sha256, "stable"),
    *Check.all_of((unicode_text, ids_unique, languages), "reads"),
)
