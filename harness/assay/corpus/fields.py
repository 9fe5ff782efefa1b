"""Texts of the fields of a table or of a JSON array, in their order; an empty one stands for one that is null."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator

from assay.errors import CorpusError

LONGEST = 1 << 27  # characters of a document, or bytes of a line, that are held at once, however well they are packed
BOM = "\ufeff"  # of the file, not of a text in it: spreadsheets write one


def of_table(blocks: Iterable[str], field: str, where: str, delimiter: str) -> Iterator[str]:
    """Read the texts of a column of a CSV file, whose first line names the columns; raise `CorpusError`."""
    csv.field_size_limit(LONGEST)
    rows = csv.reader(_lines(blocks), delimiter=delimiter, strict=True)
    try:
        header = next(rows, [])
        if field not in header:
            raise no_field(where, field, header)
        place = header.index(field)
        for row in rows:
            if row:  # not an empty line
                yield row[place] if place < len(row) else ""
    except csv.Error as error:
        raise CorpusError(f"line {rows.line_num} of {where} is not valid CSV: {error}") from None


def of_array(blocks: Iterable[str], field: str, where: str) -> Iterator[str]:
    """Read the texts of a JSON array: of objects with this field, or of texts; raise `CorpusError`."""
    try:
        found = json.loads("".join(blocks).removeprefix(BOM))
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{where} is not valid JSON: {error}") from None
    if not isinstance(found, list):
        raise CorpusError(f"{where} is not a JSON array of objects", remedy="make it one, or JSON Lines of it")
    for number, element in enumerate(found, start=1):
        yield text_of(element, field, f"element {number} of {where}")


def text_of(record: object, field: str, where: str) -> str:
    """Return the text of a record, an empty one for null; a text by itself is one. Raises `CorpusError`."""
    if isinstance(record, str):
        return record
    if isinstance(record, dict) and field in record and isinstance(record[field], str | None):
        return record[field] or ""
    fields = record if isinstance(record, dict) else {}
    texts = [name for name, value in fields.items() if isinstance(value, str | None) and name != field]
    raise no_field(where, field, texts or fields)


def no_field(where: str, field: str, fields: Iterable[str]) -> CorpusError:
    """Return the error for a text that is not there, with the fields that are."""
    known = ", ".join(fields)
    remedy = f"name one of {known} with --field" if known else "each record must be an object with a text"
    return CorpusError(f"{where} has no text {field!r}", remedy=remedy)


def _lines(blocks: Iterable[str]) -> Iterator[str]:
    rest, mark = "", BOM
    for text in blocks:
        *lines, rest = (rest + text).removeprefix(mark).split("\n")
        mark = "" if lines or rest else mark
        yield from (f"{line}\n" for line in lines)
    if rest:
        yield rest
