"""How tokenizers cut a text, drawn for a person: borders, white space, split characters, and what is lost."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from assay.records.segmentation import TokenAlignment
from assay.report.text.escape import UNSEEN, can_show

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

LEAST = 60  # cells of a column: there are as many columns of at least this width as the terminal has room for
GAP = 3
# Two backgrounds that differ for every eye; what is special differs by more than its colour.
TOKEN = ("black on color(153)", "black on color(222)")
UNKNOWN = ("bold underline white on red", "bold underline white on magenta")
LOST = "dim strike"
OPENING, CLOSING = "{?", "}?"
CHARACTERS = re.compile("[\udc80-\udcff]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands for white space, for a border, and under a combining character.

    The `reserved` characters of a text are shown as bytes, so that a mark is always a mark.
    """

    space: str
    tab: str
    line: str
    border: str
    base: str
    reserved: str


DRAWN = Marks("·", "⇥", "⏎", "│", "◌", "·⇥⏎│◌")
ASCII = Marks("_", "\\t", "\\n", "|", "", "_\\")


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is drawn as one: a token, several that share a part of the text, what none covers, or a border."""

    glyphs: tuple[str, ...]
    style: str = ""
    label: str = ""


def marked(row: TokenAlignment, text: str) -> str:
    """Return the text in one line, with marks and borders between the tokens."""
    return "".join(glyph for stretch in _stretches(row, text, _marks(), False) for glyph in stretch.glyphs)


def ended(row: TokenAlignment) -> str:
    """Return why there are no tokens; a plugin's words may hold anything."""
    words = f"{row.status}: {row.reason}" + (f" ({row.remedy})" if row.remedy else "")
    return " ".join("".join(_glyphs(word.encode("utf-8", "surrogatepass"), _marks())) for word in words.split(" "))


def draw(rows: Sequence[TokenAlignment], text: str, ids: bool) -> None:
    """Draw one block for each tokenizer, in as many columns as there is room for."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    marks = _marks()
    coloured = console.color_system is not None and not console.no_color
    across = max(1, min(len(rows), (console.width + GAP) // (LEAST + GAP)))
    width = (console.width - GAP * (across - 1)) // across
    blocks = [_block(console, row, text, width, ids, marks, coloured) for row in rows]
    for first in range(0, len(blocks), across):
        for parts in zip_longest(*blocks[first : first + across]):
            line = Text()
            for number, part in enumerate(parts):
                if part is not None and part.cell_len:
                    line.append(" " * (number * (width + GAP) - line.cell_len)).append_text(part)
            console.print(line, no_wrap=True, overflow="ignore", crop=False)
        console.print()
    legend = [f"{marks.space} space", f"{marks.line} line break", f"{marks.tab} tab"]
    if any(row.unknown for row in rows):
        legend.append("underlined: unknown" if coloured else "?word?: unknown")
    if any(row.uncovered for row in rows):
        legend.append("struck through: no token covers it" if coloured else "{word}: no token covers it")
    console.print(*Text(", ".join(legend), "dim").wrap(console, console.width), sep="\n")


def _block(
    console: Console, row: TokenAlignment, text: str, width: int, ids: bool, marks: Marks, coloured: bool
) -> list[Text]:
    """Return the lines of one tokenizer: its figures, then the text."""
    from rich.text import Text

    head = Text(row.tokenizer, "bold")
    if row.reason is not None:
        head.append(f"  {ended(row)}", "not bold")
        return list(head.wrap(console, width))
    count, size = len(row.tokens), len(text.encode("utf-8", "surrogatepass"))
    facts = [f"{count:,} token{'' if count == 1 else 's'}"]
    facts += [f"{size / count:.2f} bytes per token"] if count else []
    facts += [f"{row.unknown:,} unknown"] if row.unknown else []
    facts += [f"{row.uncovered_bytes:,} bytes lost"] if row.uncovered else []
    facts += ["lossy"] if row.decoded != text else []
    head.append(f"  {', '.join(facts)}", "not bold")
    return [*head.wrap(console, width), *_lines(_stretches(row, text, marks, coloured), width, ids, marks)]


def _lines(stretches: Iterator[Stretch], width: int, ids: bool, marks: Marks) -> Iterator[Text]:
    """Fill lines of so many cells; with ids a second line under each, and every token as wide as its id."""
    from rich.cells import cell_len
    from rich.text import Text

    top, below, used = Text(), Text(), 0
    for stretch in stretches:
        label = stretch.label if len(stretch.label) < width else f"{len(stretch.label.split())} ids"
        least = len(label) + 1 if ids and label else 0
        if ids and used and used + max(sum(map(cell_len, stretch.glyphs)), least) > width:
            yield from (top, below)
            top, below, used = Text(), Text(), 0
        if ids and (label or stretch.glyphs == (marks.border,)):
            below.append(" " * (used - below.cell_len)).append(label or marks.border, "dim")
        end, full, drawn = used + least, False, ""
        for glyph in stretch.glyphs:
            if used and (used + cell_len(glyph) > width or (full and glyph not in CLOSING)):
                top.append(drawn, stretch.style)
                yield from (top, below) if below else (top,)
                top, below, used, end, drawn = Text(), Text(), 0, 0, ""
            drawn += glyph
            used += cell_len(glyph)
            full = glyph == marks.line or (full and glyph in CLOSING)
        top.append(drawn + ("" if full else " " * (end - used)), stretch.style)
        used = max(used, end)
        if full:
            yield from (top, below) if below else (top,)
            top, below, used = Text(), Text(), 0
    if used:
        yield from (top, below) if below else (top,)


def _stretches(row: TokenAlignment, text: str, marks: Marks, coloured: bool) -> Iterator[Stretch]:
    """Yield the text as it is drawn; without colour there are marks and borders between the tokens."""
    data = text.encode("utf-8", "surrogatepass")
    parts = [(*span.bytes, list(tokens)) for span, tokens in groupby(row.tokens, key=lambda token: token.span)]
    parts = sorted([*parts, *((*span.bytes, []) for span in row.uncovered)], key=lambda part: part[0])
    reached, number, bordered = 0, 0, False
    for start, end, tokens in parts:
        glyphs = tuple(_glyphs(data[max(start, reached) : end], marks))
        reached = max(reached, end)
        if not tokens:
            yield Stretch(glyphs, LOST) if coloured else Stretch((OPENING[0], *glyphs, CLOSING[0]))
            bordered = False
            continue
        if not glyphs:
            names = "".join(token.text for token in tokens).encode("utf-8", "surrogatepass")
            glyphs = ("<", *_glyphs(names, marks), ">")
        elif len(tokens) > 1:
            glyphs += (f"<x{len(tokens)}>",)
        unknown = any(token.unknown for token in tokens)
        if unknown and not coloured:
            glyphs = (OPENING[1], *glyphs, CLOSING[1])
        if bordered and not coloured:
            yield Stretch((marks.border,))
        bordered = True
        style = (UNKNOWN if unknown else TOKEN)[number % 2] if coloured else ""
        yield Stretch(glyphs, style, " ".join(str(token.id) for token in tokens))
        number += 1


def _glyphs(data: bytes, marks: Marks) -> Iterator[str]:
    """Yield what to draw for some bytes, one by one, so that nothing but visible characters reaches a terminal."""
    from rich.cells import cell_len

    white = {" ": marks.space, "\t": marks.tab, "\n": marks.line}
    cluster = ""  # a character and the combining ones upon it
    for match in CHARACTERS.finditer(data.decode("utf-8", "surrogateescape")):
        part = match[0]
        hidden = not part.isprintable() or UNSEEN.match(part) or part in marks.reserved
        if part in white or hidden or (marks is ASCII and not part.isascii()):
            if cluster:
                yield cluster
            cluster = ""
            yield white.get(part) or f"<{part.encode('utf-8', 'surrogateescape').hex(' ').upper()}>"
        elif cell_len(part):
            if cluster:
                yield cluster
            cluster = part
        else:
            cluster = (cluster or marks.base) + part
    if cluster:
        yield cluster


def _marks() -> Marks:
    return DRAWN if can_show(DRAWN.reserved, sys.stdout.encoding) else ASCII
