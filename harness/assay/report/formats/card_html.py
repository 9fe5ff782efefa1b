"""A card as HTML for a notebook: the colours of the reports, light and dark, without a script or a request."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from assay.report.charts.frame import framed
from assay.report.formats.cards import Card, kept
from assay.report.tables.short_table import ShortRow, ShortTable
from assay.report.text.escape import escape_xml

OPEN_ROWS, MOST_ROWS, MOST_ANSWERS, LONGEST = 24, 60, 12, 300
WORRYING = {
    "failed": "bad",
    "skipped": "warn",
    "busy": "warn",
    "expected failure": "warn",
    "not checked for loss": "warn",
}


def as_html(card: Card) -> str:
    """Write a card, at most about 40 kB of it."""
    tables, left = kept(card.tables, MOST_ROWS)
    parts = [f'<p class="assay-title">{_text(card.title)}</p>']
    parts += [f'<p class="assay-facts">{_text(card.facts)}</p>'] if card.facts else []
    told = [_answer(answer) for answer in card.answers[:MOST_ANSWERS]]
    parts += [f'<ul class="assay-answers">{"".join(told)}</ul>'] if told else []
    if card.trust is not None and card.trust.text:
        parts.append(f'<p class="assay-trust assay-{card.trust.level}">{_text(card.trust.text)}</p>')
    shown = kept(tables, OPEN_ROWS)[0]
    whole = [table for table, given in zip(shown, tables, strict=False) if len(table.rows) == len(given.rows)] or shown
    folded = tables[len(whole) :]
    parts += map(_table, whole)
    if folded:
        rows = sum(len(table.rows) for table in folded)
        parts.append(f"<details><summary>{rows:,} more rows</summary>{''.join(map(_table, folded))}</details>")
    parts += [f'<p class="assay-notes">{left:,} rows are not shown here.</p>'] if left else []
    parts.append(f'<p class="assay-more">{_text(card.more)}</p>')
    return framed("\n".join(parts))


def _answer(answer: str) -> str:
    question, colon, found = answer.partition(": ") if ": " in answer else ("", "", answer)
    found, dot, group = found.partition(" · ")
    return f"<li>{_text(question)}{colon}<b>{_text(found)}</b>{dot}{_text(group)}</li>"


def _table(table: ShortTable) -> str:
    left = [index == 0 or name in table.words for index, name in enumerate(table.columns)]
    head = "".join(
        f'<th scope="col"{_side(to_left)}>{_text(name)}</th>' for name, to_left in zip(table.columns, left, strict=True)
    )
    rows = "\n".join(line for row in table.rows for line in _row(row, left))
    notes = "".join(f'<p class="assay-notes">{_text(note)}</p>' for note in table.notes)
    caption = f"<caption>{_text(table.title)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table>{notes}"


def _row(row: ShortRow, left: list[bool]) -> Iterator[str]:
    cells = "".join(
        f"<td{_side(left[index + 1])}>{f'<b>{_text(cell)}</b>' if index in row.best else _text(cell)}</td>"
        for index, cell in enumerate(row.cells)
    )
    comma = '<span class="assay-comma">,</span>'  # only for a page that leaves styles out
    tags = "".join(f'{comma} <span class="assay-tag{_worry(tag)}">{_text(tag)}</span>' for tag in row.tags)
    yield f'<tr><th scope="row" class="assay-left">{_text(row.name)}{tags}</th>{cells}</tr>'
    if row.reason:
        yield f'<tr class="assay-why"><td colspan="{len(left)}">{_text(row.reason)}</td></tr>'


def _side(to_left: bool) -> str:
    return ' class="assay-left"' if to_left else ""


def _worry(tag: str) -> str:
    found = WORRYING.get(tag) or ("warn" if tag.startswith("loses text") else None)
    return f" assay-tag-{found}" if found else ""


def _text(text: str) -> str:
    """Return text that is harmless in HTML and not too long."""
    shown = escape_xml(text)
    return escape(shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…")
