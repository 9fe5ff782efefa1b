"""Tables drawn on a terminal, as wide as it is: no name and no number is cut, and nothing is obeyed or unseen."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, TextIO

from assay.report.text.column_layout import Extent, Part, fit
from assay.report.text.escape import NO_BREAK, escape_terminal
from assay.report.text.table import Table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

STYLES = MappingProxyType(
    {
        "failed": "red",
        "regressed": "red",
        "improved": "green",
        "skipped": "yellow",
        "inconclusive": "yellow",
        "not comparable": "yellow",
    }
)
NARROWEST, USUAL, UNBOUNDED = 20, 80, 100_000
LONGEST_FIGURE = 48  # cells; what is longer in a column of figures is a text, and may be wrapped
INDENT = "  "


def draw(table: Table, stream: TextIO) -> None:
    """Draw a table on a terminal; into a pipe or a file as wide as it needs to be, unless COLUMNS says how wide.

    NO_COLOR, FORCE_COLOR and TERM=dumb are heeded as rich heeds them.
    """
    draw_all([table], stream)


def draw_all(tables: Iterable[Table], stream: TextIO) -> None:
    """Draw tables one after the other."""
    console = _console(stream)
    for table in tables:
        _print(_lines(table, width_of(stream), stream.encoding), console)


def draw_text(text: str, stream: TextIO) -> None:
    """Write a paragraph on a terminal, as wide as a table may be."""
    from rich.text import Text

    lines = wrapped(escape_terminal(text, encoding=stream.encoding), width_of(stream))
    _print((Text(line) for line in (*lines, "")), _console(stream))


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    return Console(file=stream, highlight=False, width=width_of(stream), height=25)


def _print(lines: Iterable[Text], console: Console) -> None:
    from rich.text import Text

    if console.color_system is None:  # nothing is bold or dim then
        console.file.write("".join(f"{line.plain}\n" for line in lines))
        return
    console.print(Text("\n").join(lines), soft_wrap=True)


def width_of(stream: TextIO) -> int:
    """Return how many cells a line has: what COLUMNS says, or the terminal; without one there is no end."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return max(NARROWEST, int(columns))
    if not stream.isatty():
        return UNBOUNDED
    try:
        return max(NARROWEST, os.get_terminal_size(stream.fileno()).columns or USUAL)
    except OSError:
        return USUAL


def _lines(table: Table, width: int, encoding: str | None) -> Iterator[Text]:
    from rich.text import Text

    safe = partial(escape_terminal, encoding=encoding)
    titles = [safe(title) for title in table.columns]
    rows = [[safe(cell) for cell in row] for row in table.rows]
    drop_ranks = {title: number for number, title in enumerate(table.drop_order)}
    figures = [title in table.numeric for title in table.columns]
    found = zip(table.columns, titles, zip(*rows, strict=True) if rows else [()] * len(titles), strict=True)
    extents = [_extent(title, column, name in table.numeric, drop_ranks.get(name)) for name, title, column in found]
    layout = fit(extents, width)
    for line in wrapped(safe(table.title), width):
        yield Text(line, "bold")
    for number, part in enumerate(layout.parts):
        if number:
            yield Text()
        yield from _part(part, titles, rows, figures, safe("─"))
    notes = [safe(note) for note in table.notes]
    if layout.left_out:
        names = ", ".join(titles[index] for index in layout.left_out)
        notes.append(safe(f"left out at {width} columns: {names}; {table.hint}"))
    for note in notes:
        for line in wrapped(note, width - len(INDENT)):
            yield Text(INDENT + line, "dim")
    yield Text()


def _part(
    part: Part, titles: Sequence[str], rows: Sequence[Sequence[str]], figures: Sequence[bool], rule: str
) -> Iterator[Text]:
    """Yield the head with its last lines level, a rule, and the rows."""
    from rich.text import Text

    heads = [wrapped(titles[index], width) for index, width in zip(part.columns, part.widths, strict=True)]
    depth = max(map(len, heads))
    right = [figures[index] for index in part.columns]
    for line in range(depth):
        cells = [head[line - depth + len(head)] if line >= depth - len(head) else "" for head in heads]
        yield _line(cells, part, right, "bold")
    yield Text(rule * part.width)
    for row in rows:
        whole = [row[index].replace(NO_BREAK, " ") for index in part.columns]
        stacks = [wrapped(row[index], width) for index, width in zip(part.columns, part.widths, strict=True)]
        for line in range(max(map(len, stacks))):
            cells = [stack[line] if line < len(stack) else "" for stack in stacks]
            yield _line(cells, part, right, *(STYLES.get(cell, "") for cell in whole))


def _line(cells: Sequence[str], part: Part, right: Sequence[bool], *styles: str) -> Text:
    from rich.text import Span, Text

    words: list[str] = []
    spans, end = [], 0
    last = max((number for number, cell in enumerate(cells) if cell), default=-1)
    for number, (cell, width) in enumerate(zip(cells[: last + 1], part.widths, strict=False)):
        blank = " " * (width - cells_of(cell))
        before = (" " * part.gap if number else "") + (blank if right[number] else "")
        after = "" if right[number] or number == last else blank
        style = styles[number] if len(styles) > 1 else styles[0]
        if style and cell:
            spans.append(Span(end + len(before), end + len(before) + len(cell), style))
        words += (before, cell, after)
        end += len(before) + len(cell) + len(after)
    return Text("".join(words), spans=spans)


def wrapped(text: str, width: int) -> list[str]:
    """Wrap text at its spaces into lines of so many cells; a word that is longer goes on in the next line.

    A no-break space holds words together, and becomes a space.
    """
    if not text.startswith(" ") and cells_of(text) <= width:
        return [text.replace(NO_BREAK, " ")]
    lines, line = [], ""
    for word in text.split(" "):
        if line and cells_of(line) + 1 + cells_of(word) > width:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word
        if cells_of(line) > width:
            *whole, line = _folded(line, width)
            lines += whole
    return [one.replace(NO_BREAK, " ") for one in (*lines, line)]


def cells_of(text: str) -> int:
    """Return how many cells a terminal gives a text: two to a wide character, none to a combining one."""
    if text.isascii() and text.isprintable():
        return len(text)
    plain = text.replace(NO_BREAK, " ")
    if plain.isascii() and plain.isprintable():
        return len(plain)
    from rich.cells import cell_len

    return sum(map(cell_len, text))


def _folded(word: str, width: int) -> Iterator[str]:
    """Cut a word after every so many cells, combining characters going with those that they stand on."""
    line, used = "", 0
    for char in word:
        cells = cells_of(char)
        if line and used + cells > width:
            yield line
            line, used = "", 0
        line += char
        used += cells
    yield line


def _extent(title: str, cells: Sequence[str], figures: bool, drop_rank: int | None) -> Extent:
    natural = list(map(cells_of, cells))
    sentences = [cell for cell in cells if " " in cell]
    words = (cells_of(word) for cell in sentences for word in cell.split(" "))
    longest = max((*words, *(wide for wide, cell in zip(natural, cells, strict=True) if " " not in cell)), default=0)
    return Extent(
        head=tuple(map(cells_of, title.split(" "))),
        word=longest,
        natural=max(cells_of(title), *natural, 0),
        figures=figures and longest <= LONGEST_FIGURE,
        sentences=bool(sentences),
        drop_rank=drop_rank,
    )
