"""Text that UTF-8 can hold, text that can be a name, and text in a sentence."""

from __future__ import annotations

import re

LONGEST = 60
LONGEST_NAME = 200
# What a terminal obeys, what ends a line, and what turns the direction of writing.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


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


def name_fault(name: str) -> str | None:
    """Return why a text cannot be a name that is stored, or None: its length, and characters that are not seen."""
    if len(name) > LONGEST_NAME:
        return f"it has {len(name):,} characters, and a name has at most {LONGEST_NAME}"
    found = UNSEEN.search(name)
    if found is None:
        return None
    return f"it holds U+{ord(found[0]):04X}, which nobody sees and which changes how text around it is shown"


def quoted(text: str) -> str:
    """A text in a sentence: as Python writes it, the middle of a long one left out."""
    if len(text) <= LONGEST:
        return ascii(text) if not text.isprintable() else repr(text)
    return f"{text[: LONGEST // 2]!a}...{text[-LONGEST // 2 :]!a}"
