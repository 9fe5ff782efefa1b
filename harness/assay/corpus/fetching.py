"""Corpora as files: which are on this machine, where they lie, how the others get here, and whether they are whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from assay.corpus.own_files import OwnDocuments
from assay.corpus.reading import digest_of
from assay.errors import AssayError, guard
from assay.plugins.host import Host
from assay.plugins.supervision import Channel
from assay.plugins.types import CorpusPlugin

FETCH_S = 3600.0


@runtime_checkable
class Fetchable(Protocol):
    """An optional ability of a corpus's `documents`: to fetch its files onto this machine."""

    @property
    def places(self) -> tuple[Path, ...]:
        """Where its files lie, or will lie."""

    def fetch(self, tell: Callable[[str], None]) -> bool:
        """Fetch what is absent or damaged, and return whether anything was; call `tell` before each step.

        Raises `assay.AssayError` with a remedy, and then leaves nothing half done.
        """


class FetchState(StrEnum):
    """The state of a corpus's files on this machine."""

    READY = "ready"
    MISSING = "missing"
    FETCHED = "fetched"
    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A corpus and the state of its files, with the reason and the remedy where something is amiss.

    `places` is empty for a corpus that comes with its plugin.
    """

    corpus: CorpusPlugin
    state: FetchState
    places: tuple[Path, ...] = ()
    reason: str = ""
    remedy: str = ""


def look(host: Host, plugin: CorpusPlugin) -> Holding:
    """Return whether a corpus is here, without reading it."""
    missing = host.missing(plugin)
    if missing is None:
        return _holding(plugin, FetchState.READY)
    return _holding(plugin, FetchState.MISSING, missing.what, missing.remedy)


def fetch(host: Host, plugin: CorpusPlugin, tell: Callable[[str], None]) -> Holding:
    """Fetch a corpus that can be fetched and is not here whole; an error becomes part of the result."""
    source = _source(plugin)

    def ask(channel: Channel) -> bool:
        return source is not None and bool(source.fetch(channel.tell))

    try:
        with guard():
            if source is None or host.is_trusted(plugin):
                fetched = source is not None and source.fetch(tell)
            else:
                fetched = host.call(plugin, "fetch", ask, timeout_s=FETCH_S, tell=tell)
    except AssayError as error:
        return _failed(plugin, error)
    found = look(host, plugin)
    return replace(found, state=FetchState.FETCHED) if fetched and found.state is FetchState.READY else found


def verify(host: Host, plugin: CorpusPlugin) -> Holding:
    """Read a corpus that is here and compare it with its hash; one without a hash is `unverified`."""
    found = look(host, plugin)
    if found.state is FetchState.MISSING:
        return found
    try:
        found_digest = digest_of(host, plugin)
    except AssayError as error:
        return _failed(plugin, error)
    if plugin.sha256 is not None:
        return replace(found, state=FetchState.VERIFIED)
    reason = f"nobody vouches for its hash, which is {found_digest} here"
    return replace(found, state=FetchState.UNVERIFIED, reason=reason)


def places(plugin: CorpusPlugin) -> tuple[Path, ...]:
    """Return the paths of a corpus's fetched files, or of the user's; none for one that comes with its plugin."""
    source = plugin.documents if isinstance(plugin.documents, OwnDocuments) else _source(plugin)
    return () if source is None else source.places


def _source(plugin: CorpusPlugin) -> Fetchable | None:
    documents: object = plugin.documents
    return documents if isinstance(documents, Fetchable) else None


def _failed(plugin: CorpusPlugin, error: AssayError) -> Holding:
    return _holding(plugin, FetchState.FAILED, error.message, error.remedy or "")


def _holding(plugin: CorpusPlugin, state: FetchState, reason: str = "", remedy: str = "") -> Holding:
    return Holding(corpus=plugin, state=state, places=places(plugin), reason=reason, remedy=remedy)
