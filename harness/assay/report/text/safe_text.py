"""Text that a person can be shown: nothing in it that a terminal obeys, that cannot be seen, or that is no character.

Names, reasons and notes are the words of plugins and corpora, and may hold anything: escape sequences, marks that turn
the direction of writing, line breaks, halves of characters. Whatever goes to a terminal goes through `visible`, what
goes to a file of lines through `inert`, what goes into XML or Markdown through `clean`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType

NO_BREAK = "\u00a0"
WHITE = re.compile(rf"[^\S{NO_BREAK}]+")
# Printable by the book, but selectors, fillers and blanks cannot be seen, and skin tones have another width on
# other terminals.
UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]"
)
# What XML 1.0 cannot hold (section 2.2, Char), what terminals obey, and what turns the direction of writing.
UNFIT = re.compile(
    "[^\x20-\x7e\xa0-\u061b\u061d-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd"
    "\U00010000-\U000dffff\U000e0080-\U0010ffff]"
)
# How Assay's own signs are written where an output does not know them.
SIGNS = MappingProxyType(
    {
        "Rényi": "Renyi",
        "±": "+-",
        "µ": "u",
        "μ": "u",
        "\u00d7": "x",
        "·": "*",
        "…": "...",
        "─": "-",
        "│": "|",
        "→": "->",
        "≤": "<=",
        "≥": ">=",
        "\u2013": "-",
        "\u2019": "'",
    }
)
SIGN = re.compile("|".join(SIGNS))


def visible(text: str, encoding: str | None = None) -> str:
    """Give text on one line, as an output of this encoding (UTF-8 for None) can show it and nobody can misread it.

    White space becomes one space, but for the no-break space, which stays. A character that cannot be seen, or that the
    output does not know, becomes its bytes in UTF-8: `<1B>`.
    """
    shown = UNSEEN.sub(lambda match: as_bytes(match[0]), inert(text))
    known = _knows(encoding)
    if known(shown):
        return shown
    return "".join(char if known(char) else as_bytes(char) for char in spelt(shown, encoding))


def spelt(text: str, encoding: str | None = None) -> str:
    """Give text with Assay's own signs written as an output of this encoding can show them: `+-` for `±`."""
    known = _knows(encoding)
    return text if known(text) else SIGN.sub(lambda match: match[0] if known(match[0]) else SIGNS[match[0]], text)


def inert(text: str) -> str:
    """Give text on one line in which nothing is left but printable characters: others become their bytes, `<1B>`."""
    line = WHITE.sub(" ", text).strip(" ")
    if line.replace(NO_BREAK, " ").isprintable():
        return line
    return "".join(char if char.isprintable() or char == NO_BREAK else as_bytes(char) for char in line)


def clean(text: str) -> str:
    """Give text on one line, with the sign of a character that is none for what no page and no XML should hold."""
    return UNFIT.sub("\ufffd", " ".join(text.split()))


def as_bytes(text: str) -> str:
    """Give the UTF-8 of some characters in hexadecimal digits: `<E2 80 AE>`."""
    return f"<{text.encode('utf-8', 'surrogatepass').hex(' ').upper()}>"


def _knows(encoding: str | None) -> Callable[[str], bool]:
    """Whether an output can show some text; one of an encoding that nobody knows can show ASCII."""
    try:
        "".encode(encoding or "utf-8")
    except LookupError:
        encoding = "ascii"

    def known(text: str) -> bool:
        try:
            text.replace(NO_BREAK, " ").encode(encoding or "utf-8")
        except UnicodeEncodeError:
            return False
        return True

    return known
