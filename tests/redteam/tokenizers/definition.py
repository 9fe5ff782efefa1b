"""A tokenizer that is right: common words have an id, and all else is bytes. Faults replace one of its methods."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

from redteam.tokenizers.announced import HONK

PIECE = re.compile(r" ?\w+|\s|[^\w\s]+")
WORDS = "the of and to a in that it his he was had I with as for at not her on you by she him but so be me my or"
TOKENS = [bytes([value]) for value in range(256)]
TOKENS += [space + word.encode() for word in WORDS.split() for space in (b" ", b"") if len(space + word.encode()) > 1]
IDS = {token.decode(): number for number, token in enumerate(TOKENS) if number >= 256}
SIZE = len(TOKENS)


class Tokens:
    """The words and bytes."""

    unk_id: int | None = None
    vocab_size = SIZE

    def __init__(self, training: str = "") -> None:
        """Whatever the training text is."""

    def piece(self, piece: str) -> Iterable[int]:
        """Return the ids of a word with the space before it, of white space or of marks."""
        known = IDS.get(piece)
        return piece.encode() if known is None else (known,)

    def encode(self, text: str) -> list[int]:
        """Return the ids of its pieces."""
        ids: list[int] = []
        for piece in PIECE.findall(text):
            ids.extend(self.piece(piece))
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Join the bytes; what is not UTF-8 is replaced."""
        return b"".join([TOKENS[value] for value in ids]).decode("utf-8", "replace")


class Added(Tokens):
    """With an added token, which is listed."""

    token = SIZE
    vocab_size = SIZE + 1
    special_tokens: ClassVar[dict[str, int] | None] = {HONK: SIZE}

    def encode(self, text: str) -> list[int]:
        """Encode what is between the added tokens."""
        first, *rest = text.split(HONK)
        ids = super().encode(first)
        for part in rest:
            ids += [self.token, *super().encode(part)]
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Decode with the text of the added token."""
        return b"".join([HONK.encode() if value == self.token else TOKENS[value] for value in ids]).decode(
            "utf-8", "replace"
        )
