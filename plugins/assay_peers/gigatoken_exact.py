"""GPT-2 by gigatoken where it gives tiktoken's ids, and by tiktoken where it does not.

gigatoken cuts a text by newer Unicode tables than tiktoken: gigatoken 0.10.0 takes the 4,657 letters and digits
that Unicode 17 added for letters and digits, tiktoken 0.14.0 takes them for symbols. That changes ids where such
a character meets an apostrophe, as in `x'll`: cut before the apostrophe after a letter, and after it after a
symbol. Which characters these are is found by asking both, whenever the tokenizer is built: no table to keep.
"""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Callable, Sequence

import gigatoken
import numpy as np
import tiktoken
from numpy.typing import NDArray

from assay_files.patterns import GPT2
from assay_peers.gpt2 import SPECIALS, VOCAB_SIZE, rank_file, tokenizer_json

# Before 'll a letter or a digit shows, after two line ends white space does: only before it they are one token.
PROBE = "\n\n{}'ll"
ASSIGNED = range(0x40000)  # but for tags, the planes above hold nothing but private use
SURROGATES = range(0xD800, 0xE000)
CHUNK = 256


class ExactTokenizer:
    """Ids are given as `array.array("i")`, a sequence of int that numpy and torch take without copying."""

    vocab_size = VOCAB_SIZE
    unk_id = None  # byte-level: nothing is unknown

    def __init__(self, fast: gigatoken.Tokenizer, exact: tiktoken.Encoding) -> None:
        self._fast: Callable[[str], NDArray[np.uint32]] = fast.backend.encode
        self._exact = exact
        self._unlike = unlike(self._fast, exact)

    def encode(self, text: str) -> array[int]:
        """Return the ids of the text, in an array of 32-bit integers."""
        if text.isascii() or not self._unlike.take(_code_points(text)).any():
            ids = array("i")
            ids.frombytes(self._fast(text).data.cast("B"))
            return ids
        return array("i", self._exact.encode(text, allowed_special="all"))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of the ids; bytes that are no UTF-8 become U+FFFD."""
        return self._exact.decode(ids)


def unlike(fast: Callable[[str], NDArray[np.uint32]], exact: tiktoken.Encoding) -> NDArray[np.bool_]:
    """Return for each code point whether the two may cut a text with it at different places.

    Each is tried within `PROBE`, where it shows to which of GPT-2's classes it belongs: white space, letter or
    digit, or none of these. (A letter that is a digit to the other does not show; it matters only where a token
    reaches from it into its neighbour.) What is not tried counts as unlike: surrogates, which gigatoken refuses,
    and the planes above 3, where there are no letters yet.
    """

    def alike(points: range) -> bool:
        text = "".join([PROBE.format(chr(point)) for point in points])
        return bool(fast(text).tolist() == exact.encode_ordinary(text))

    table = np.ones(sys.maxunicode + 1, dtype=np.bool_)
    for start in ASSIGNED[::CHUNK]:
        chunk = range(start, start + CHUNK)
        if start in SURROGATES:
            continue
        if alike(chunk):
            table[start : start + CHUNK] = False
        else:
            table[start : start + CHUNK] = [not alike(range(point, point + 1)) for point in chunk]
    return table


def gpt2(training_text: str = "") -> ExactTokenizer:
    """Build GPT-2. It is pretrained: the training text is not used."""
    del training_text
    lines = (line.split() for line in rank_file().splitlines())
    ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
    exact = tiktoken.Encoding("gpt2", pat_str=GPT2, mergeable_ranks=ranks, special_tokens=dict(SPECIALS))
    return ExactTokenizer(gigatoken.Tokenizer.from_json(tokenizer_json()), exact)


def _code_points(text: str) -> NDArray[np.uint32]:
    """Return the code points of a text, lone surrogates included: to look them up costs far less than to search."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
