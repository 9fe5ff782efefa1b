"""The loops of the compiled tokenizer, over UTF-8 bytes. They know nothing of Python's objects, nor hold its lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])
Array = NDArray[Any]

# What a byte can begin. MAYBE_WHITE is the first byte of a white space that is not ASCII, and of other characters.
LETTER, WHITE, SEPARATOR, DASH, MAYBE_WHITE = range(5)
EMPTY = -1
NOT_IN_VOCABULARY = -1
# FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923).
OFFSET_BASIS, PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
HALF, ONE = np.uint64(32), np.uint64(1)


def compiled(function: Function) -> Function:
    """Compile on the first call with new types. Nothing is cached on disk: it takes about a second in all."""
    return cast(Function, numba.njit(nogil=True)(function))


@compiled
def enter(store: Array, starts: Array, slots: Array, hashes: Array) -> None:
    """Enter each word, store[starts[i]:starts[i + 1]], into an empty table of 2**n slots, more than words."""
    mask = np.uint64(len(slots) - 1)
    for word in range(len(starts) - 1):
        digest = OFFSET_BASIS
        for at in range(starts[word], starts[word + 1]):
            digest = (digest ^ np.uint64(store[at])) * PRIME
        hashes[word] = digest
        slot = (digest ^ (digest >> HALF)) & mask
        while slots[slot] != EMPTY:
            slot = (slot + ONE) & mask
        slots[slot] = word


@compiled
def white_width(data: Array, at: int, white: Array) -> int:
    """Return the length in bytes of the white space that begins with a byte above ASCII, or 0 for any other."""
    first, second = np.int64(data[at]), np.int64(data[at + 1] & 0x3F)
    if first < 0xE0:
        width, code = 2, (first & 0x1F) << 6 | second
    else:
        width, code = 3, (first & 0x0F) << 12 | second << 6 | np.int64(data[at + 2] & 0x3F)
    return width if code < len(white) and white[code] else 0


@compiled
def encode(  # noqa: C901 (one loop for the compiler, in which a call would cost more than it does)
    data: Array,
    kinds: Array,
    white: Array,
    slots: Array,
    hashes: Array,
    starts: Array,
    store: Array,
    values: Array,
    unknown: int,
    out: Array,
) -> int:
    """Write the id of each token of `data`, whole UTF-8, to `out`, and give their number.

    `kinds` says what each byte can begin, `white` whether a character, by its code point, is white space.
    `out` has room for as many ids as there are bytes. A word of the table has the id values[word], one that
    is not there `unknown`; the first id below 0 ends it all with NOT_IN_VOCABULARY.
    """
    size, count, at = len(data), 0, 0
    mask = np.uint64(len(slots) - 1)
    while at < size:
        kind = kinds[data[at]]
        if kind == WHITE:
            at += 1
            continue
        if kind == MAYBE_WHITE:
            width = white_width(data, at, white)
            if width:
                at += width
                continue
        start = at
        digest = (OFFSET_BASIS ^ np.uint64(data[at])) * PRIME
        at += 1
        if kind == DASH and at < size and kinds[data[at]] == DASH:
            digest = (digest ^ np.uint64(data[at])) * PRIME
            at += 1
        elif kind != SEPARATOR:
            while at < size:
                kind = kinds[data[at]]
                if kind != LETTER:
                    if kind in (WHITE, SEPARATOR):
                        break
                    if kind == DASH and at + 1 < size and kinds[data[at + 1]] == DASH:
                        break
                    if kind == MAYBE_WHITE and white_width(data, at, white):
                        break
                digest = (digest ^ np.uint64(data[at])) * PRIME
                at += 1
        found = unknown
        slot = (digest ^ (digest >> HALF)) & mask
        while slots[slot] != EMPTY:
            word = slots[slot]
            first = starts[word]
            if hashes[word] == digest and starts[word + 1] - first == at - start:
                same = True
                for step in range(at - start):
                    if store[first + step] != data[start + step]:
                        same = False
                        break
                if same:
                    found = values[word]
                    break
            slot = (slot + ONE) & mask
        if found < 0:
            return NOT_IN_VOCABULARY
        out[count] = found
        count += 1
    return count


@compiled
def decoded_size(ids: Array, starts: Array) -> int:
    """Return the number of bytes behind the ids, or NOT_IN_VOCABULARY if one is not assigned."""
    size = 0
    for index in ids:
        if index < 0 or index >= len(starts) - 1:
            return NOT_IN_VOCABULARY
        size += starts[index + 1] - starts[index]
    return size


@compiled
def decode(ids: Array, starts: Array, store: Array, out: Array) -> None:
    """Write the pieces of assigned ids, store[starts[i]:starts[i + 1]], one after the other."""
    place = 0
    for index in ids:
        for at in range(starts[index], starts[index + 1]):
            out[place] = store[at]
            place += 1
