"""`assay tokens`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from assay.cli import options


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
@options.plugins
@options.block
@options.as_json
def tokens(
    text: str | None,
    file: str | None,
    tokenizers: str,
    corpora: str,
    plugins: tuple[str, ...],
    block: tuple[str, ...],
    as_json: bool,
) -> int:
    """Show how each tokenizer cuts TEXT.

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
    host = options.find(plugins, block)
    chosen = host.select(TokenizerPlugin, tokenizers)
    training = corpus.divide(corpus.find(host, corpora), 0.0).training
    rows = list(cut(host, chosen, training, content))
    if as_json:
        click.echo(document.write({"text": content, "tokenizers": [asdict(row) for row in rows]}))
    else:
        tables.write(
            [
                tables.Table(
                    title=f"tokens of {content!r}" if len(content) < 60 else f"tokens of {len(content)} characters",
                    columns=("tokenizer", "tokens", "unknown", "pieces", "ids"),
                    rows=tuple(
                        (
                            row.tokenizer,
                            str(len(row.ids)) if row.status is Status.OK else "-",
                            str(row.unknown) if row.status is Status.OK else "-",
                            "|".join(_visible(piece) for piece in row.pieces) or f"{row.status}: {row.reason}",
                            " ".join(map(str, row.ids)),
                        )
                        for row in rows
                    ),
                    numeric=frozenset({"tokens", "unknown"}),
                )
            ]
        )
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


def _visible(piece: str) -> str:
    """Show white space and control characters: a leading space as ␣, a line break as an escape."""
    return "".join(
        "␣" if char == " " else char if char.isprintable() else char.encode("unicode_escape").decode() for char in piece
    )
