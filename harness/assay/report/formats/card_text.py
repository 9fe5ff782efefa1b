"""A card as a few lines of plain text: what `repr` gives."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from textwrap import wrap

from assay.report.formats.cards import Card, kept
from assay.report.tables.short_table import ShortTable
from assay.report.text.escape import escape_terminal, to_ascii

MOST_ROWS = 12
MOST_ANSWERS = 8
WIDTH, LONGEST = 110, 160


def as_text(card: Card) -> str:
    """Write a card in at most about 40 lines."""
    tables, left = kept(card.tables, MOST_ROWS)
    trust = () if card.trust is None else (card.trust.text,)
    head = filter(None, (card.title, card.facts, *card.answers[:MOST_ANSWERS], *trust))
    lines = [line for part in head for line in wrap(escape_terminal(part), WIDTH, subsequent_indent="  ")]
    for table in tables:
        lines += ["", *_table(table)]
    lines += [f"... and {left:,} more rows"] if left else []
    text = "\n".join(line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…" for line in (*lines, card.more))
    return to_ascii(text, sys.stdout.encoding if sys.stdout else None)


def _table(table: ShortTable) -> Iterator[str]:
    rows = [(row.name, *row.cells, ": ".join(filter(None, (", ".join(row.tags), row.reason)))) for row in table.rows]
    head = (*table.columns, "")
    cells = [[escape_terminal(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    left = {0, len(head) - 1, *(index for index, name in enumerate(head) if name in table.words)}
    yield escape_terminal(table.title)
    for line in cells:
        parts = (
            cell.ljust(width) if index in left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        yield f"  {'  '.join(parts)}".rstrip()
