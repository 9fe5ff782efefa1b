"""A table of text, and how it is written for pipes and pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from assay.report.text.escape import escape_markdown, escape_tsv

in_cell = partial(escape_markdown, inline=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of text. `numeric` columns are set to the right; `notes` stand below, except in TSV.

    Where a terminal is too narrow, the columns in `drop_order` are left out, the first of them first; `hint` says
    where else they can be had.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    drop_order: tuple[str, ...] = ()
    hint: str = "a pipe has them"


def as_tsv(table: Table) -> str:
    """Write header and rows with tabs between cells; no cell can end a cell or a row."""
    return "".join("\t".join(map(escape_tsv, row)) + "\n" for row in (table.columns, *table.rows))


def as_markdown(table: Table) -> str:
    """Write a heading, a Markdown table and the notes as a list; whatever stands in it is text."""
    head = markdown_head(table.columns, table.numeric)
    body = "".join(f"{markdown_row(map(in_cell, row))}\n" for row in table.rows)
    notes = "".join(f"- {escape_markdown(note)}\n" for note in table.notes)
    return f"### {escape_markdown(table.title)}\n\n{head}\n{body}" + (f"\n{notes}" if notes else "")


def markdown_head(columns: Sequence[str], numeric: Iterable[str] = ()) -> str:
    """Write the first two lines of a Markdown table; `numeric` columns are set to the right."""
    rulers = ("---:" if column in numeric else "---" for column in columns)
    return f"{markdown_row(map(in_cell, columns))}\n{markdown_row(rulers)}"


def markdown_row(cells: Iterable[str]) -> str:
    """Write a row of a Markdown table, of cells that are escaped already."""
    return f"| {' | '.join(cells)} |"
