"""`assay tokens`: how tokenizers cut a text, drawn side by side."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import options

if TYPE_CHECKING:
    from rich.text import Text

    from assay.pieces import Pieces

LEAST = 60  # cells of a column: as many columns of at least this width as the terminal has room for
GAP = 3
# Selectors, fillers and the like: printable by the book, and nothing to see.
UNSEEN = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\u115f\u1160\u180b-\u180f\u2800\u3164\uffa0\u034f]")


@dataclass(frozen=True, slots=True)
class Marks:
    """How white space and borders are drawn. The same characters in a text are shown as their bytes."""

    space: str
    tab: str
    line: str
    border: str
    base: str
    encoding: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the text that is drawn as one: some tokens, an unknown one, or what no token covers."""

    kind: str
    glyphs: tuple[str, ...]
    label: str = ""


@click.command("tokens")
@click.argument("text", required=False)
@click.option(
    "--file",
    "file",
    type=click.Path(dir_okay=False),
    help="Read the text from this file, - for standard input.",
)
@click.option(
    "--tokenizers",
    envvar="ASSAY_TOKENIZERS",
    default="*",
    show_default=True,
    metavar="GLOBS",
    help="Comma-separated names and patterns.",
)
@click.option(
    "--corpora",
    envvar="ASSAY_CORPORA",
    default="the-verdict",
    show_default=True,
    metavar="NAME|PATH",
    help="The corpus that trainable tokenizers are trained on.",
)
@click.option("--ids", "ids", envvar="ASSAY_IDS", is_flag=True, help="Draw the ids under the tokens.")
@options.plugins
@options.block
@options.as_json
def tokens(
    text: str | None,
    file: str | None,
    tokenizers: str,
    corpora: str,
    ids: bool,
    plugins: tuple[str, ...],
    block: tuple[str, ...],
    as_json: bool,
) -> int:
    """Show how each tokenizer cuts TEXT.

    White space is made visible. Bytes that are no visible character by themselves are shown as <E2 80>, tokens
    with no part of the text as <[CLS]>, and <x3> follows what three tokens share where their borders are not
    known. Text that no token covers and unknown tokens are marked. Tokenizers stand side by side where the
    terminal has 60 cells or more for each.

    Exits with 3 when a tokenizer failed, except by a word outside its closed vocabulary.
    """
    from dataclasses import asdict

    from assay import corpus, document, tables
    from assay.contracts import TokenizerPlugin
    from assay.pieces import cut
    from assay.records import Status

    if (text is None) == (file is None):
        raise click.UsageError("Give either TEXT or --file.")
    content = _read(file) if file is not None else str(text)
    if file is None:
        _hint(content)
    host = options.find(plugins, block)
    chosen = host.select(TokenizerPlugin, tokenizers)
    training = corpus.divide(corpus.find(host, corpora), 0.0).training
    rows = list(cut(host, chosen, training, content))
    if as_json:
        cells = [asdict(row) | {"ids": row.ids, "unknown": row.unknown} for row in rows]
        click.echo(document.write({"text": content, "tokenizers": cells}))
    elif sys.stdout.isatty():
        _draw(rows, content, ids)
    else:
        tables.write([_table(rows, content)])
    return 3 if any(row.status is Status.FAILED and not row.expected for row in rows) else 0


def _read(file: str) -> str:
    from assay.errors import CorpusError

    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise CorpusError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{file} is not UTF-8 at offset {error.start}") from None


def _hint(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # most texts are no possible file name
        if Path(text).is_file():
            click.echo(f"assay: note: there is a file of that name; --file {text} cuts what is in it", err=True)


def _table(rows: Sequence[Pieces], text: str) -> tables.Table:
    """One row for each tokenizer; the pieces with marks between them."""
    from assay.tables import Table

    marks = _marks()
    cells = []
    for row in rows:
        facts = [str(len(row.tokens)), str(row.unknown), str(_lost(row))] if row.reason is None else ["-"] * 3
        drawn = "".join(_marked(list(_stretches(row, text, marks)), marks)) if row.reason is None else _ended(row)
        cells.append((row.tokenizer, *facts, drawn, " ".join(map(str, row.ids))))
    columns = ("tokenizer", "tokens", "unknown", "lost", "pieces", "ids")
    return Table(title="tokens", columns=columns, rows=tuple(cells), numeric=frozenset(columns[1:4]))


def _draw(rows: Sequence[Pieces], text: str, ids: bool) -> None:
    """Draw one block for each tokenizer, in as many columns as there is room for."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    marks = _marks()
    coloured = console.color_system is not None and not console.no_color
    across = max(1, min(len(rows), (console.width + GAP) // (LEAST + GAP)))
    width = (console.width - GAP * (across - 1)) // across
    blocks = [_block(row, text, width, ids, coloured, marks) for row in rows]
    for first in range(0, len(blocks), across):
        for lines in zip_longest(*blocks[first : first + across], fillvalue=Text()):
            line = Text()
            for number, part in enumerate(lines):
                line.append(" " * (number * (width + GAP) - line.cell_len)).append_text(part)
            line.rstrip()
            console.print(line, no_wrap=True, overflow="ignore", crop=False)
        console.print()
    if any(row.tokens for row in rows):
        how = "underlined: unknown; struck through: no token covers it" if coloured else f"?word? unknown, {{{marks.space}}} no token covers it"
        console.print(f"{marks.space} space, {marks.line} line break, {marks.tab} tab; {how}", style="dim", markup=False)
