"""Escaping: one function for each language that text is written in.

Names, reasons and notes are the words of plugins and corpora, and may hold anything: escape sequences, marks that turn
the direction of writing, line breaks, halves of characters. A text is escaped once, by what writes it.
"""

from __future__ import annotations

import re
from types import MappingProxyType

from assay.errors import one_line

NO_BREAK = "\u00a0"
WHITE = re.compile(rf"[^\S{NO_BREAK}]+")
RUN = re.compile(r" {2,}|(?<=['\"]) (?=['\"])")
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
# What makes a formula of a cell, as OWASP lists it, in full width too; and the apostrophe itself, so that it can be
# taken off again. A semicolon ends a cell where the decimal sign is a comma.
FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20'])")
# What CommonMark and GitHub act upon anywhere in a line, bare links included; then what begins a block.
ACTIVE = re.compile(r"[\\`*\[\]<>&|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<![^ ])#(?=#*$)|:(?=//)|(?<=[Ww]{3})\.")
OPENING = re.compile(r"^([0-9]{1,9}(?=[.)](?: |$))|(?=-(?: |[- ]*$)|\+(?: |$)|=+$|#{1,6}(?: |$)))")


def escape_terminal(text: str, encoding: str | None = None) -> str:
    """Return text on one line, as an output of this encoding (UTF-8 for None) can show it and nobody can misread it.

    White space becomes one space. A no-break space stays, and so does a run of spaces: as no-break spaces, since it may
    stand in what is quoted. A character that cannot be seen, or that the
    output does not know, becomes its bytes in UTF-8: `<1B>`.
    """
    shown = UNSEEN.sub(lambda match: as_bytes(match[0]), _unbroken(_printable(text)))
    if can_show(shown, encoding):
        return shown
    return "".join(char if can_show(char, encoding) else as_bytes(char) for char in to_ascii(shown, encoding))


def can_show(text: str, encoding: str | None) -> bool:
    """Return whether an output of this encoding (UTF-8 for None) can show a text; an unknown one can show ASCII."""
    text = text.replace(NO_BREAK, " ")
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    except LookupError:
        return text.isascii()
    return True


def to_ascii(text: str, encoding: str | None = None) -> str:
    """Return text with Assay's own signs in ASCII where an output of this encoding does not know them: `+-` for `±`."""
    if can_show(text, encoding):
        return text
    return SIGN.sub(lambda match: match[0] if can_show(match[0], encoding) else SIGNS[match[0]], text)


def escape_markdown(text: str, *, inline: bool = False) -> str:
    """Return text on one line that Markdown and HTML do nothing with.

    A run of spaces becomes no-break spaces, which a page shows. An at sign is parted from its word, so that nobody is
    called. In the middle of a line (`inline`) no block can begin: a dash stays as it is.
    """
    shown = ACTIVE.sub(r"\\\g<0>", _unbroken(escape_xml(text))).replace("@", "@<!-- -->")
    return shown if inline else OPENING.sub(r"\1\\", shown)


def markdown_code(text: str, *, cell: bool = False) -> str:
    """Return text as code of Markdown, between more backticks than stand together in it.

    In the `cell` of a table a bar would end the cell even there, and is escaped.
    """
    shown = escape_xml(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    code = f"{fence} {shown} {fence}" if "`" in shown else f"{fence}{shown}{fence}" if shown else ""
    return code.replace("|", "\\|") if cell else code


def escape_xml(text: str) -> str:
    """Return text on one line, with U+FFFD for what no page and no XML should hold. It leaves `<` and `&` alone."""
    return UNFIT.sub("\ufffd", one_line(text))


def escape_tsv(text: str) -> str:
    """Return text for a cell between tabs: on one line, with the bytes of what cannot be printed, `<1B>`."""
    return one_line(_printable(text))


def escape_csv(text: str) -> str:
    """Return text for a cell of CSV: printable, on one line, an apostrophe before what would begin a formula."""
    return FORMULA.sub(r"\1\2'", _printable(text))


def as_bytes(text: str) -> str:
    """Return the UTF-8 of some characters in hexadecimal digits: `<E2 80 AE>`."""
    return f"<{text.encode('utf-8', 'surrogatepass').hex(' ').upper()}>"


def _unbroken(line: str) -> str:
    """Runs of spaces as no-break spaces, and a single space in quotes too: where a line ends it would be lost."""
    return RUN.sub(lambda run: NO_BREAK * len(run[0]), line)


def _printable(text: str) -> str:
    """Return text on one line, with its runs of spaces and its no-break spaces; other white space becomes one space."""
    line = WHITE.sub(lambda white: " " if white[0].strip(" ") else white[0], text).strip(" ")
    if line.replace(NO_BREAK, " ").isprintable():
        return line
    return "".join(char if char.isprintable() or char == NO_BREAK else as_bytes(char) for char in line)
