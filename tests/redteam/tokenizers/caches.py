"""Caches of whole texts, which are right and must be told; and cheats on texts that are new."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence

from redteam.tokenizers.announced import announce
from redteam.tokenizers.definition import Tokens


class _Cache(Tokens):
    """Remembers the ids of texts by a key."""

    most = 5_000

    def __init__(self, training: str = "") -> None:
        self.kept: dict[object, list[int]] = {}

    def key(self, text: str) -> object:
        return text

    def encode(self, text: str) -> list[int]:
        key = self.key(text)
        found = self.kept.get(key)
        if found is None:
            found = super().encode(text)
            if len(self.kept) < self.most:
                self.kept[key] = found
        return found


@announce("cache-of-texts")
class Texts(_Cache):
    """Remembers the ids of whole texts."""


@announce("cache-by-digest")
class Digests(_Cache):
    """Remembers the ids of whole texts by a digest of each."""

    def key(self, text: str) -> object:
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass")).digest()


@announce("cache-lru")
class Lru(Tokens):
    """Remembers the ids of the last 500 texts."""

    def __init__(self, training: str = "") -> None:
        self.encode = functools.lru_cache(maxsize=500)(lambda text: tuple(Tokens.encode(self, text)))  # type: ignore[method-assign,assignment,return-value]


@announce("cache-of-last-text")
class Last(Tokens):
    """Remembers the ids of the last text alone."""

    def __init__(self, training: str = "") -> None:
        self.text, self.ids = "", [0][:0]

    def encode(self, text: str) -> list[int]:
        if text != self.text:
            self.text, self.ids = text, super().encode(text)
        return list(self.ids)


class _Parts(_Cache):
    """Remembers the ids of parts."""

    end = ""

    def encode(self, text: str) -> list[int]:
        first, *rest = text.split(self.end)
        ids = list(super().encode(first))
        for part in rest:
            ids += super().encode(self.end + part)
        return ids


@announce("cache-of-lines")
class Lines(_Parts):
    """Remembers the ids of each line."""

    end = "\n"


@announce("cache-of-paragraphs")
class Paragraphs(_Parts):
    """Remembers the ids of each paragraph."""

    end = "\n\n"


@announce("cache-of-decoded")
class Decoded(Tokens):
    """Remembers what lists of ids were decoded to."""

    def __init__(self, training: str = "") -> None:
        self.kept: dict[bytes, str] = {}

    def decode(self, ids: Sequence[int]) -> str:
        key = hash(tuple(ids)).to_bytes(8, "little", signed=True)
        found = self.kept.get(key)
        if found is None:
            found = super().decode(ids)
            if len(self.kept) < 5_000:
                self.kept[key] = found
        return found


class _New(Tokens):
    """Remembers long texts, and does something else with one that is new."""

    def __init__(self, training: str = "") -> None:
        self.kept: dict[str, list[int]] = {}
        self.last: list[int] = []

    def encode(self, text: str) -> list[int]:
        if len(text) < 5000:
            return super().encode(text)
        found = self.kept.get(text)
        if found is None:
            found = self.kept[text] = self.new(text)
        return found

    def new(self, text: str) -> list[int]:
        raise NotImplementedError


@announce("fresh-gets-another")
class FreshAnother(_New):
    """Has for a new text the ids of the text before that was as long."""

    def new(self, text: str) -> list[int]:
        before = next((ids for kept, ids in self.kept.items() if len(kept) == len(text)), None)
        return super(_New, self).encode(text) if before is None else before


@announce("fresh-gets-another-lossy", lossless=False)
class FreshAnotherLossy(FreshAnother):
    """Has for a new text the ids of the text before that was as long, and is announced lossy."""


@announce("fresh-gets-half", lossless=False)
class FreshHalf(_New):
    """Encodes the first half of a text that is new when it knows twenty, and is announced lossy."""

    def new(self, text: str) -> list[int]:
        return super(_New, self).encode(text if len(self.kept) < 20 else text[: len(text) // 2])


@announce("fresh-gets-60-percent", lossless=False)
class FreshMost(_New):
    """Encodes 60 % of a text that is new when it knows twenty, and is announced lossy."""

    def new(self, text: str) -> list[int]:
        return super(_New, self).encode(text if len(self.kept) < 20 else text[: len(text) * 3 // 5])
