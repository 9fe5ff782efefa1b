"""Text that UTF-8 can hold, and text in a sentence."""

from __future__ import annotations

LONGEST = 60


def encodable(text: str) -> str:
    """Return text that UTF-8 can hold: half a character becomes its escape, `\\ud800`."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def is_utf8(text: str) -> bool:
    """Whether a text can be written in UTF-8: it has no lone surrogate."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def quoted(text: str) -> str:
    """A text in a sentence: as Python writes it, the middle of a long one left out."""
    if len(text) <= LONGEST:
        return ascii(text) if not text.isprintable() else repr(text)
    return f"{text[: LONGEST // 2]!a}...{text[-LONGEST // 2 :]!a}"
