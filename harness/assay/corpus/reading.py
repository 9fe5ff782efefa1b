"""Reading corpora of a host: those that are not first-party in a child process, so that one costs its rows only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from assay.corpus.loading import LEAVE_OUT, digest, load, split
from assay.errors import AssayError, CorpusError
from assay.plugins.host import Host
from assay.plugins.supervision import Channel
from assay.plugins.types import EDGE_CASE, CorpusPlugin, Document


def read_all(host: Host, corpora: Iterable[CorpusPlugin], shares: Sequence[float]) -> None:
    """Read corpora once, as they will be used: with each of these shares held out.

    One of a plugin that cannot be read is noted in the host. Raises `CorpusError` for a file of the user, and for a
    text that is too short for its shares.
    """
    apart = []
    for corpus in corpora:
        if not _is_announced(host, corpus):
            _check(corpus, load(corpus), shares)
        elif not host.is_trusted(corpus):
            apart.append(corpus)
        elif host.broken(corpus) is None:
            try:
                documents = load(corpus)
            except CorpusError as error:
                host.mark_broken(corpus, error)
            else:
                _check(corpus, documents, shares)

    def ask(corpus: CorpusPlugin, channel: Channel) -> list[str | None] | None:
        documents = load(corpus)
        try:
            _check(corpus, documents, shares)
        except CorpusError as error:
            return [error.message, error.remedy]
        return None

    for corpus, answer in host.call_all(apart, "documents", ask, long=True):
        if isinstance(answer, AssayError):
            host.mark_broken(corpus, unreadable(corpus, answer))
        elif answer is not None:
            raise CorpusError(answer[0], remedy=answer[1])


def read(host: Host, corpus: CorpusPlugin) -> tuple[Document, ...]:
    """Return the documents of a corpus; raises `CorpusError`."""
    if _is_read_here(host, corpus):
        return load(corpus)

    def ask(channel: Channel) -> list[list[str | None]]:
        return [[each.text, each.id, each.language] for each in load(corpus)]

    return tuple(Document(text=text, id=name, language=language) for text, name, language in _asked(host, corpus, ask))


def digest_of(host: Host, corpus: CorpusPlugin) -> str:
    """Read a corpus and return its hash; raises `CorpusError`, also where it is not the one that was promised."""
    if _is_read_here(host, corpus):
        return digest(load(corpus))
    return str(_asked(host, corpus, lambda channel: digest(load(corpus))))


def unreadable(corpus: CorpusPlugin, error: AssayError) -> CorpusError:
    """Return what a corpus did, as an error of the corpus."""
    if isinstance(error, CorpusError):
        return error
    remedy = f"{error.remedy}, {LEAVE_OUT}" if error.remedy else LEAVE_OUT
    return CorpusError(f"the corpus {corpus.name} cannot be read: {error.message}", remedy=remedy)


def _is_announced(host: Host, corpus: CorpusPlugin) -> bool:
    return any(corpus is each for each in host.every(CorpusPlugin))


def _is_read_here(host: Host, corpus: CorpusPlugin) -> bool:
    return not _is_announced(host, corpus) or host.is_trusted(corpus)


def _asked(host: Host, corpus: CorpusPlugin, ask: Callable[[Channel], object]) -> Any:
    try:
        return host.call(corpus, "documents", ask, long=True)
    except AssayError as error:
        raise unreadable(corpus, error) from None


def _check(corpus: CorpusPlugin, documents: tuple[Document, ...], shares: Sequence[float]) -> None:
    for held_out in shares if corpus.kind != EDGE_CASE else ():
        split(corpus, documents, held_out)
