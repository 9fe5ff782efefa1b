"""Text that UTF-8 can hold."""

from __future__ import annotations


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
