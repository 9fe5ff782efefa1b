"""A table of text, and its forms for pipes and pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from assay.report.text.safe_text import NO_BREAK, clean, inert

ACTIVE = re.compile(r"[\\`*\[\]<>&|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of text. `numeric` columns are set to the right; `notes` stand below, except in TSV.

    Where a terminal is too narrow, the columns in `gives_way` are left out, the first of them first; `elsewhere` says
    where else they can be had.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    gives_way: tuple[str, ...] = ()
    elsewhere: str = "a pipe has them"


def as_tsv(table: Table) -> str:
    """Give header and rows with tabs between cells; no cell can end a cell or a row."""
    lines = ["\t".join(" ".join(inert(cell).split()) for cell in row) for row in (table.columns, *table.rows)]
    return "\n".join(lines) + "\n"


def as_markdown(table: Table) -> str:
    """Give a heading, a Markdown table and the notes as a list; whatever stands in it is text."""

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    ruler = line("---:" if column in table.numeric else "---" for column in table.columns)
    notes = "".join(f"- {in_markdown(note)}\n" for note in table.notes)
    body = "\n".join(
        [line(map(in_markdown, table.columns)), ruler, *(line(map(in_markdown, row)) for row in table.rows)]
    )
    return f"### {in_markdown(table.title)}\n\n{body}\n" + (f"\n{notes}" if notes else "")


def in_markdown(words: str) -> str:
    """Words that Markdown and HTML do nothing with; an at sign is parted from its word, so that nobody is called."""
    shown = ACTIVE.sub(lambda match: f"\\{match[0]}", clean(words.replace(NO_BREAK, " ")))
    return shown.replace("@", "@<!-- -->")


def in_code(words: str) -> str:
    """Words as Markdown's code, between more backticks than stand together in them."""
    shown = clean(words)
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    return f"{fence}{shown}{fence}" if len(fence) == 1 else f"{fence} {shown} {fence}"
