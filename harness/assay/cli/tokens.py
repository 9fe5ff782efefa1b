"""`assay tokens`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from assay.cli import options, token_drawing
from assay.cli.echo import echo_stderr, echo_tables
from assay.cli.plugin_options import PluginOptions, takes_plugins_and_timeout
from assay.errors import CorpusError
from assay.plugins.types import TokenizerPlugin
from assay.records.json_document import write
from assay.records.results import Status
from assay.records.segmentation import TokenAlignment
from assay.report.text.table import Table


@click.command("tokens")
@click.argument("text", required=False)
@click.option("--file", type=click.Path(dir_okay=False), help="Read the text from this file, - for standard input.")
@options.variable_option(
    "--tokenizers",
    metavar="GLOBS|FILES",
    help="Comma-separated names, patterns and files of tokenizers, as in `assay run`.  [default: those of the tutorial"
    " suite, and of others]",
)
@options.variable_option(
    "--corpora",
    default="the-verdict",
    show_default=True,
    metavar="NAME|PATH",
    help="The corpus that trainable tokenizers are trained on.",
)
@options.include
@options.field
@options.variable_option("--ids", is_flag=True, help="Draw the ids under the tokens.")
@takes_plugins_and_timeout
@options.as_json
def tokens(
    text: str | None,
    file: str | None,
    tokenizers: str | None,
    corpora: str,
    include: tuple[str, ...],
    field: str,
    ids: bool,
    plugins: PluginOptions,
    as_json: bool,
) -> int:
    """Show how each tokenizer cuts TEXT.

    White space is made visible. Bytes that are no visible character by themselves are shown as <E2 80>, tokens
    with no part of the text as <[CLS]>, and <x3> follows what three tokens share where their borders are not
    known. Text that no token covers and unknown tokens are marked. Tokenizers stand side by side where the
    terminal has 60 cells or more for each.

    Exits with 3 when a tokenizer failed, except by a word outside its closed vocabulary.
    """
    from assay.corpus.loading import find, split
    from assay.corpus.own_files import named, notes_of
    from assay.corpus.reading import read
    from assay.execute.plan import choose
    from assay.execute.selection import Selection
    from assay.execute.suites import suite
    from assay.execute.tokenizer_files import name_files
    from assay.records.settings import Settings
    from assay.tokenizer.alignment import align

    if (text is None) == (file is None):
        raise click.UsageError("Give either TEXT or --file.")
    content = _read(file) if file is not None else str(text)
    if file is None:
        _hint(content)
    host = plugins.find()
    if tokenizers is not None:
        tokenizers = name_files(host, Selection(tokenizers=tokenizers), Settings())[0].tokenizers
    chosen = choose(host, TokenizerPlugin, suite("tutorial").tokenizers, tokenizers)
    corpus = find(host, named(corpora, include, field))
    training = split(corpus, read(host, corpus), 0.0).training
    if (notes := notes_of(corpus)) is not None:
        echo_stderr(f"assay: note: {corpus.name}: {notes}")
    rows = list(align(host, chosen, training, content))
    if as_json:
        cells = [_cell(asdict(row)) | {"ids": row.ids, "unknown": row.unknown} for row in rows]
        click.echo(write({"text": content, "tokenizers": cells}))
    elif sys.stdout.isatty():
        token_drawing.draw(rows, content, ids)
    else:
        echo_tables(_table(rows, content))
    return 3 if any(row.status is Status.FAILED and not row.expected for row in rows) else 0


def _read(file: str) -> str:
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
            echo_stderr("assay: note: there is a file of that name; --file shows how its content is cut")


def _table(rows: Sequence[TokenAlignment], text: str) -> Table:
    cells = []
    for row in rows:
        counts = (len(row.tokens), row.unknown, row.uncovered_bytes) if row.reason is None else ("-", "-", "-")
        pieces = token_drawing.marked(row, text) if row.reason is None else token_drawing.ended(row)
        cells.append((row.tokenizer, *map(str, counts), pieces, " ".join(map(str, row.ids))))
    columns = ("tokenizer", "tokens", "unknown", "lost", "pieces", "ids")
    return Table(title="tokens", columns=columns, rows=tuple(cells))


def _cell(fields: dict[str, object]) -> dict[str, object]:
    """Return the fields of a row under the keys that its JSON has had from the beginning."""
    return {"lost" if name == "uncovered" else name: value for name, value in fields.items()}
