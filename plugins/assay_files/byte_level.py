"""GPT-2's stand-ins: the printable characters that vocabularies of bytes are written in."""

from __future__ import annotations

from functools import cache


@cache
def stand_ins() -> dict[str, int]:
    """Return the byte behind each stand-in, in the order of GPT-2's ids 0 to 255.

    GPT-2's `encoder.py` (2019) writes byte b as chr(b) where that is printable and no space, and the n-th
    other byte as chr(256 + n); the printable bytes come first in the vocabulary.
    """
    printable = [byte for byte in range(256) if chr(byte).isprintable() and chr(byte) != " "]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(others)}


def bytes_of(token: str) -> bytes | None:
    """Return the bytes of a token that is written in stand-ins; None for one that is not."""
    known = stand_ins()
    try:
        return bytes(known[char] for char in token)
    except KeyError:
        return None
