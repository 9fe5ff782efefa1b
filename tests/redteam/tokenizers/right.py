"""Tokenizers that are right, or honestly lossy, and come close to a fault."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from assay import SpecialTokens, UnknownToken
from redteam.tokenizers.announced import DECLARED, HONK, announce
from redteam.tokenizers.definition import PIECE, SIZE, TOKENS, Added, Tokens


@announce("tokens-right")
class Right(Tokens):
    """Common words and bytes."""

    def token_bytes(self, value: int) -> bytes:
        if not 0 <= value < SIZE:
            raise KeyError(value)
        return TOKENS[value]


@announce("added-right", specials=DECLARED)
class AddedRight(Added):
    """Has an added token, which is declared."""


@announce("added-listed")
class AddedListed(Added):
    """Has an added token, which is listed and not declared."""


@announce("added-unlisted")
class AddedUnlisted(Added):
    """Has an added token, which is neither listed nor declared."""

    special_tokens = None


@announce("added-before-unassigned")
class AddedBeforeUnassigned(AddedUnlisted):
    """Has an added token that is not listed, and after it 60 ids that stand for nothing."""

    vocab_size = SIZE + 61

    def token_bytes(self, value: int) -> bytes:
        if not 0 <= value <= SIZE:
            raise KeyError(value)
        return HONK.encode() if value == SIZE else TOKENS[value]

    def decode(self, ids: Sequence[int]) -> str:
        return super().decode([value for value in ids if value <= SIZE])


@announce("right-eats-space", lossless=False, specials=DECLARED)
class EatsSpace(Added):
    """Eats white space around its added token, claims the ids of nobody, and promises no round trip."""

    def encode(self, text: str) -> list[int]:
        return super().encode(re.sub(rf"\s*{re.escape(HONK)}\s*", HONK, text))


@announce("right-word-cache")
class WordCache(Tokens):
    """Remembers the ids of words."""

    def __init__(self, training: str = "") -> None:
        self.kept: dict[str, tuple[int, ...]] = {}

    def piece(self, piece: str) -> tuple[int, ...]:
        found = self.kept.get(piece)
        if found is None:
            found = self.kept[piece] = tuple(super().piece(piece))
        return found


@announce("right-strict-bytes")
class StrictBytes(Right):
    """Decodes strictly, and raises for half a character."""

    def decode(self, ids: Sequence[int]) -> str:
        return b"".join([TOKENS[value] for value in ids]).decode()


ENDS = SpecialTokens(bos="<s>", eos="</s>", pad="<pad>")


class _Ends(Tokens):
    """Adds ids at both ends, and leaves them out of what is decoded."""

    vocab_size = SIZE + 3
    special_tokens: ClassVar[dict[str, int]] = {"<s>": SIZE, "</s>": SIZE + 1, "<pad>": SIZE + 2}

    def encode(self, text: str) -> list[int]:
        return [SIZE, *super().encode(text), SIZE + 1]

    def decode(self, ids: Sequence[int]) -> str:
        return super().decode([value for value in ids if value < SIZE])


@announce("adds-both-ends", specials=ENDS)
class BothEnds(_Ends):
    """Adds an id at the beginning and one at the end of every text."""


@announce("adds-beginning", specials=ENDS, lossless=False)
class AddsBeginning(_Ends):
    """Adds an id at the beginning of every text, and decodes its text."""

    def encode(self, text: str) -> list[int]:
        return super().encode(text)[:-1]

    def decode(self, ids: Sequence[int]) -> str:
        return "".join("<s>" if value == SIZE else "" for value in ids[:1]) + super().decode(ids)


@announce("right-strips-pads", specials=ENDS)
class StripsPads(_Ends):
    """Leaves out what pads a batch when it decodes."""

    def encode(self, text: str) -> list[int]:
        return Tokens.encode(self, text)


@announce("right-lower-case", lossless=False, normalization=("lowercase",))
class LowerCase(Right):
    """Lowers all letters, and says so."""

    def encode(self, text: str) -> list[int]:
        return super().encode(text.lower())


@announce("right-half-of-it", lossless=False)
class HalfOfIt(Tokens):
    """Drops every other piece of a text, and promises no round trip."""

    def encode(self, text: str) -> list[int]:
        return super().encode("".join(PIECE.findall(text)[::2]))


@announce("right-closed", closed_vocabulary=True)
class Closed(Tokens):
    """Knows the pieces of its training text alone."""

    def __init__(self, training: str = "") -> None:
        self.pieces = sorted(set(PIECE.findall(training)))
        self.ids = {piece: number for number, piece in enumerate(self.pieces)}
        self.vocab_size = len(self.pieces)

    def encode(self, text: str) -> list[int]:
        try:
            return [self.ids[piece] for piece in PIECE.findall(text)]
        except KeyError as error:
            raise UnknownToken(str(error)) from None

    def decode(self, ids: Sequence[int]) -> str:
        return "".join([self.pieces[value] for value in ids])


@announce("right-unknown", lossless=False)
class WithUnknown(Closed):
    """Knows the pieces of its training text, and has one id for all others."""

    def __init__(self, training: str = "") -> None:
        super().__init__(training)
        self.pieces.append("\ufffd")
        self.unk_id = len(self.pieces) - 1
        self.vocab_size = len(self.pieces)

    def encode(self, text: str) -> list[int]:
        unknown = len(self.pieces) - 1
        return [self.ids.get(piece, unknown) for piece in PIECE.findall(text)]


@announce("right-tuple")
class Tuple(Right):
    """Gives a tuple."""

    def encode(self, text: str) -> Any:
        return tuple(super().encode(text))


@announce("right-array")
class Array(Right):
    """Gives an array of 32-bit numbers."""

    def encode(self, text: str) -> Any:
        import array

        return array.array("I", super().encode(text))


@announce("right-numpy", requires=("numpy",))
class Numpy(Right):
    """Gives a NumPy array."""

    def encode(self, text: str) -> Any:
        import numpy as np

        return np.asarray(super().encode(text), dtype=np.int64)

    def decode(self, ids: Sequence[int]) -> str:
        return super().decode([int(value) for value in ids])


@announce("right-lazy")
class Lazy(Tokens):
    """Gives a sequence of its own kind, whose ids are there when it returns."""

    def encode(self, text: str) -> Any:
        return _Own(super().encode(text))


class _Own(Sequence[int]):
    def __init__(self, ids: list[int]) -> None:
        self._ids = ids

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, place: Any) -> Any:
        return self._ids[place]


@announce("right-slow")
class Slow(Tokens):
    """Takes ten times as long as it needs."""

    def encode(self, text: str) -> list[int]:
        for _ in range(9):
            super().encode(text)
        return super().encode(text)


@announce("right-unassigned")
class Unassigned(Right):
    """Has ids that stand for nothing, which no text has and which are decoded to nothing."""

    vocab_size = SIZE + 100

    def decode(self, ids: Sequence[int]) -> str:
        return super().decode([value for value in ids if value < SIZE])


@announce("right-setup-in-first-call")
class Setup(Tokens):
    """Makes a table of some megabytes in its first call."""

    table: list[float] | None = None

    def encode(self, text: str) -> list[int]:
        if self.table is None:
            self.table = [float(number) for number in range(200_000)]
        return super().encode(text)


@announce("right-batches")
class Batches(Right):
    """Encodes many texts in one call."""

    def encode_batch(self, texts: Sequence[str], threads: int) -> list[list[int]]:
        return [self.encode(text) for text in texts]


@announce("right-spaced", lossless=False, normalization=("spaces",))
class Spaced(Tokens):
    """Splits at white space, and decodes with a space between words."""

    vocab_size = 1 << 16

    def __init__(self, training: str = "") -> None:
        self.words = ["\ufffd", *sorted(set(training.split()))]
        self.ids = {word: number for number, word in enumerate(self.words)}
        self.vocab_size, self.unk_id = len(self.words), 0

    def encode(self, text: str) -> list[int]:
        return [self.ids.get(word, 0) for word in text.split()]

    def decode(self, ids: Sequence[int]) -> str:
        return " ".join([self.words[value] for value in ids])

    def token_bytes(self, value: int) -> bytes:
        if not 0 <= value < len(self.words):
            raise KeyError(value)
        return self.words[value].encode()
