"""A table of values as CSV (RFC 4180), in which no text is a formula to a spreadsheet."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import dataclass

from assay.records.results import Value
from assay.report.text.safe_text import inert

# What makes a formula of a cell, as OWASP lists it, in full width too; and the apostrophe itself, so that the guard can
# be taken off again. A semicolon ends a cell where the decimal sign is a comma.
FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20'])")
GUARDED = re.compile(r"(^|;)(\s*)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table of values. None is an empty cell."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value | None, ...], ...]


def as_csv(sheet: Sheet) -> str:
    """Write a header and the rows, separated by commas, with lines that end in CR LF."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerows([cell(value) for value in row] for row in (sheet.columns, *sheet.rows))
    return written.getvalue()


def cell(value: Value | None) -> str:
    """Give a figure with all its digits, a flag as True or False, and text `guarded`.

    What is no finite number is an empty cell, as it is null in JSON: one word would turn a column of figures to text.
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return guarded(value) if isinstance(value, str) else str(value)


def guarded(text: str) -> str:
    """Give text on one line, of characters that can be seen, with an apostrophe before what would begin a formula."""
    return FORMULA.sub(r"\1\2'", inert(text))


def unguarded(text: str) -> str:
    """Take the apostrophes off again that `guarded` has put there."""
    return GUARDED.sub(r"\1\2", text)
