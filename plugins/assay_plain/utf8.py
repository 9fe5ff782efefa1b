"""One token per byte of UTF-8."""

from __future__ import annotations

from collections.abc import Sequence


class ByteTokenizer:
    """The id of a byte is the byte. A lone surrogate is three bytes, as CPython's `surrogatepass` writes it."""

    vocab_size = 256
    unk_id = None

    def __init__(self, training_text: str = "") -> None:
        del training_text  # every byte is known beforehand

    def encode(self, text: str) -> list[int]:
        """Return the bytes of the text."""
        return list(text.encode("utf-8", "surrogatepass"))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of the bytes; those that are no UTF-8 become U+FFFD."""
        content = bytes(ids)
        try:
            return content.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return content.decode("utf-8", "replace")

    def token_bytes(self, token_id: int) -> bytes:
        """Return the byte of an id; raise KeyError for an id above 255."""
        if not 0 <= token_id < self.vocab_size:
            raise KeyError(token_id)
        return bytes([token_id])
