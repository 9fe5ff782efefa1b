"""The word tokenizer with its two loops compiled: the same ids and texts as `RegexTokenizer`."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

import numpy as np

import assay
from assay_regex import SPECIALS, kernel
from assay_regex.tokenizer import NO_SPECIALS, SEPARATORS, RegexTokenizer

LAST_WHITE_SPACE = 0x3000  # the ideographic space; no character above it is white space
SLOTS_A_WORD = 4
REFUSED = -1


class CompiledTokenizer(RegexTokenizer):
    """Ids are given as `array.array("i")`, a sequence of int that numpy and torch take without copying.

    Building it compiles, in about a second. Whatever is an error is left to the code in Python, which
    names it.
    """

    def __init__(self, training_text: str, specials: assay.SpecialTokens = NO_SPECIALS) -> None:
        super().__init__(training_text, specials)
        self._kinds, self._white = _white_space()
        for separator in SEPARATORS:
            self._kinds[ord(separator[0])] = kernel.DASH if separator == "--" else kernel.SEPARATOR
        self._words, self._starts = _packed(self._ids)
        self._values = np.array(
            [REFUSED if word in self._refused else index for word, index in self._ids.items()], dtype=np.int32
        )
        room = 1 << (SLOTS_A_WORD * len(self._ids) + 1).bit_length()
        self._slots = np.full(room, kernel.EMPTY, dtype=np.int32)
        self._hashes = np.zeros(len(self._ids), dtype=np.uint64)
        kernel.enter(self._words, self._starts, self._slots, self._hashes)
        self._texts, self._text_starts = _packed(self._pieces.values())
        self.decode(self.encode(" "))

    def encode(self, text: str) -> Sequence[int]:
        """Return the id of each token of the text, in an array of 32-bit integers."""
        data = _bytes(text)
        ids = np.empty(len(data), dtype=np.int32)
        unknown = kernel.NOT_IN_VOCABULARY if self._unk_id is None else self._unk_id
        count = kernel.encode(
            data,
            self._kinds,
            self._white,
            self._slots,
            self._hashes,
            self._starts,
            self._words,
            self._values,
            unknown,
            ids,
        )
        if count < 0:
            return super().encode(text)
        packed = array("i")
        packed.frombytes(ids[:count].view(np.uint8).data)
        return packed

    def decode(self, ids: Sequence[int]) -> str:
        """Join the tokens with one space, none before punctuation; raise KeyError for an id that is not assigned."""
        try:
            packed = ids if isinstance(ids, array) and ids.typecode == "i" else array("i", list(ids))
        except (OverflowError, TypeError):
            return super().decode(ids)
        numbers = np.frombuffer(packed, dtype=np.int32) if packed else np.empty(0, dtype=np.int32)
        size = kernel.decoded_size(numbers, self._text_starts)
        if size < 0:
            return super().decode(ids)
        text = np.empty(size, dtype=np.uint8)
        kernel.decode(numbers, self._text_starts, self._texts, text)
        return str(text.data, "utf-8", "surrogatepass").removeprefix(" ")


def with_unknown(training_text: str) -> CompiledTokenizer:
    """Build the tokenizer with the tutorial's two special tokens."""
    return CompiledTokenizer(training_text, SPECIALS)


def _bytes(text: str) -> kernel.Array:
    return np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8)


def _packed(texts: Iterable[str]) -> tuple[kernel.Array, kernel.Array]:
    """The bytes of all texts, and where each begins, with the end of the last."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    starts = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), starts


def _white_space() -> tuple[kernel.Array, kernel.Array]:
    """What each byte can begin, separators left out; and whether each character is white space."""
    white = np.array([chr(code).isspace() for code in range(LAST_WHITE_SPACE + 1)])
    kinds = np.full(256, kernel.LETTER, dtype=np.uint8)
    for code in white.nonzero()[0].tolist():
        encoded = chr(code).encode()
        kinds[encoded[0]] = kernel.WHITE if len(encoded) == 1 else kernel.MAYBE_WHITE
    return kinds, white
