"""Ids and texts that depend on something else than the text and the ids; and memory that grows."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from redteam.tokenizers.announced import announce
from redteam.tokenizers.definition import SIZE, TOKENS, Tokens


class _Shifted(Tokens):
    """Adds a number to each id, and takes it away again."""

    shift = 0

    def encode(self, text: str) -> list[int]:
        return [(value + self.shift) % SIZE for value in super().encode(text)]

    def decode(self, ids: Sequence[int]) -> str:
        return super().decode([(value - self.shift) % SIZE for value in ids])


@announce("ids-by-hash")
class ByHash(_Shifted):
    """Has ids that depend on the hash seed of the process."""

    shift = hash("red team") % 251


@announce("ids-by-set-order")
class BySet(_Shifted):
    """Numbers its tokens in the order of a set."""

    def __init__(self, training: str = "") -> None:
        self.shift = list({f"word {number}" for number in range(200)}).index("word 7")


@announce("ids-by-process")
class ByProcess(_Shifted):
    """Has ids that depend on the number of the process."""

    def __init__(self, training: str = "") -> None:
        self.shift = os.getpid() % 251


@announce("ids-by-time-built")
class ByTimeBuilt(_Shifted):
    """Has ids that depend on the time at which it was built."""

    def __init__(self, training: str = "") -> None:
        self.shift = time.time_ns() // 1000 % 251


@announce("ids-by-clock")
class ByClock(_Shifted):
    """Has ids that depend on the time of the call, by the hundredth of a second."""

    def encode(self, text: str) -> list[int]:
        self.shift = time.time_ns() // 10_000_000 % 251
        return super().encode(text)


@announce("ids-by-random")
class ByRandom(Tokens):
    """Cuts one word in four into bytes, by chance."""

    def piece(self, piece: str) -> Sequence[int]:
        cut = os.urandom(1)[0] < 64
        return piece.encode() if cut else tuple(super().piece(piece))


@announce("ids-by-text-before")
class ByTextBefore(Tokens):
    """Has another first id where the text before was longer than 30 characters."""

    before = 0

    def encode(self, text: str) -> list[int]:
        ids, long = super().encode(text), self.before > 30
        self.before = len(text)
        return ids[1:] if long else ids


@announce("wrong-every-7th", lossless=False)
class Every7th(Tokens):
    """Has another last id in every seventh call."""

    calls = 0

    def encode(self, text: str) -> list[int]:
        self.calls += 1
        ids = super().encode(text)
        return [*ids[:-1], 0] if ids and self.calls % 7 == 0 else ids


@announce("wrong-when-timed", lossless=False)
class WhenTimed(Tokens):
    """Leaves out the last half of each text after 30 calls with more than 10,000 characters."""

    calls = 0

    def encode(self, text: str) -> list[int]:
        self.calls += len(text) > 10_000
        return super().encode(text if self.calls < 30 else text[: len(text) // 2])


@announce("wrong-id-when-timed", lossless=False)
class IdWhenTimed(Tokens):
    """Has another last id after 30 calls with more than 10,000 characters."""

    calls = 0

    def encode(self, text: str) -> list[int]:
        self.calls += len(text) > 10_000
        ids = super().encode(text)
        return ids if self.calls < 30 else [*ids[:-1], 0]


@announce("decode-remembers-ids")
class RemembersIds(Tokens):
    """Decodes what it has encoded from memory, and all else in lower case."""

    def __init__(self, training: str = "") -> None:
        self.kept: dict[tuple[int, ...], str] = {}

    def encode(self, text: str) -> list[int]:
        ids = super().encode(text)
        if len(self.kept) < 20_000:
            self.kept[tuple(ids)] = text
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        found = self.kept.get(tuple(ids))
        return super().decode(ids).lower() if found is None else found


@announce("decode-remembers-object")
class RemembersObject(Tokens):
    """Decodes the very list that it gave from memory, and all else without white space."""

    def __init__(self, training: str = "") -> None:
        self.kept: dict[int, str] = {}

    def encode(self, text: str) -> list[int]:
        ids = super().encode(text)
        self.kept[id(ids)] = text
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        found = self.kept.get(id(ids))
        return "".join(super().decode(ids).split()) if found is None else found


@announce("decode-gives-last-text")
class LastText(Tokens):
    """Decodes all ids to the text that was encoded last."""

    last = ""

    def encode(self, text: str) -> list[int]:
        self.last = text
        return super().encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        return self.last


@announce("decode-adds-calls")
class DecodeCounts(Tokens):
    """Decodes to a text that has a space more in every fifth call."""

    calls = 0

    def decode(self, ids: Sequence[int]) -> str:
        self.calls += 1
        return super().decode(ids) + (" " if self.calls % 5 == 0 else "")


class _Grows(Tokens):
    """Keeps so many bytes of each call."""

    each = 0

    def __init__(self, training: str = "") -> None:
        self.kept: list[bytes] = []

    def encode(self, text: str) -> list[int]:
        self.kept.append(os.urandom(16) * (self.each // 16))
        return super().encode(text)


@announce("grows-1-mb")
class GrowsMegabyte(_Grows):
    """Keeps a megabyte of each call."""

    each = 1_000_000


@announce("grows-50-kb")
class GrowsKilobytes(_Grows):
    """Keeps 50 kilobytes of each call."""

    each = 50_000


@announce("decode-grows")
class DecodeGrows(Tokens):
    """Keeps 50 kilobytes of each call of decode."""

    def __init__(self, training: str = "") -> None:
        self.kept: list[bytes] = []

    def decode(self, ids: Sequence[int]) -> str:
        self.kept.append(os.urandom(16) * 3000)
        return super().decode(ids)


@announce("keeps-ids")
class KeepsIds(Tokens):
    """Keeps the ids of every call."""

    def __init__(self, training: str = "") -> None:
        self.kept: list[list[int]] = []

    def encode(self, text: str) -> list[int]:
        self.kept.append([TOKENS.index(bytes([65])), *super().encode(text)])
        return self.kept[-1][1:]
