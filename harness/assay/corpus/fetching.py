"""Corpora as files: which are on this machine, where they lie, how the others get here, and whether they are whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from assay.corpus import loading as corpus
from assay.errors import AssayError
from assay.plugins.host import Host
from assay.plugins.types import CorpusPlugin


@runtime_checkable
class Fetchable(Protocol):
    """An optional ability of a corpus's `documents`: to bring what it reads from onto this machine."""

    @property
    def places(self) -> tuple[Path, ...]:
        """Where its files lie, or will lie."""

    def fetch(self, tell: Callable[[str], None]) -> bool:
        """Bring what is absent or damaged, and say whether anything was; tell of each step before it.

        Raises `assay.AssayError` with a remedy, and then leaves nothing half done.
        """


class FetchState(StrEnum):
    """What there is of a corpus."""

    READY = "ready"
    MISSING = "missing"
    FETCHED = "fetched"
    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A corpus and what there is of it, with the reason and the remedy where something is amiss.

    `places` is empty for a corpus that comes with its plugin.
    """

    corpus: CorpusPlugin
    state: FetchState
    places: tuple[Path, ...] = ()
    reason: str = ""
    remedy: str = ""


def look(host: Host, plugin: CorpusPlugin) -> Holding:
    """Say whether a corpus is here, without reading it."""
    missing = host.missing(plugin)
    if missing is None:
        return Holding(corpus=plugin, state=FetchState.READY, places=places(plugin))
    return Holding(
        corpus=plugin, state=FetchState.MISSING, places=places(plugin), reason=missing.what, remedy=missing.remedy
    )


def fetch(host: Host, plugin: CorpusPlugin, tell: Callable[[str], None]) -> Holding:
    """Bring a corpus here if it can be brought and is not here whole; what goes wrong is told in the result."""
    source = _source(plugin)
    try:
        brought = source is not None and source.fetch(tell)
    except AssayError as error:
        return _failed(plugin, error)
    found = look(host, plugin)
    if brought and found.state is FetchState.READY:
        return Holding(corpus=plugin, state=FetchState.FETCHED, places=found.places)
    return found


def verify(host: Host, plugin: CorpusPlugin) -> Holding:
    """Read a corpus that is here and compare it with its hash; one without a hash is `unverified`."""
    found = look(host, plugin)
    if found.state is FetchState.MISSING:
        return found
    try:
        documents = corpus.load(plugin)
    except AssayError as error:
        return _failed(plugin, error)
    if plugin.sha256 is not None:
        return Holding(corpus=plugin, state=FetchState.VERIFIED, places=found.places)
    reason = f"nobody vouches for its hash, which is {corpus.digest(documents)} here"
    return Holding(corpus=plugin, state=FetchState.UNVERIFIED, places=found.places, reason=reason)


def places(plugin: CorpusPlugin) -> tuple[Path, ...]:
    """Give the paths of a corpus's fetched files; none for one that comes with its plugin."""
    source = _source(plugin)
    return () if source is None else source.places


def _source(plugin: CorpusPlugin) -> Fetchable | None:
    documents: object = plugin.documents
    return documents if isinstance(documents, Fetchable) else None


def _failed(plugin: CorpusPlugin, error: AssayError) -> Holding:
    return Holding(
        corpus=plugin, state=FetchState.FAILED, places=places(plugin), reason=error.message, remedy=error.remedy or ""
    )
