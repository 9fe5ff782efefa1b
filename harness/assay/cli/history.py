"""`assay history`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import options
from assay.cli.saying import say

if TYPE_CHECKING:
    from assay.accepted import Accepted

GLOBS = "Comma-separated names and patterns, or none."


@click.command("history")
@click.argument("metric")
@click.option("--tokenizers", envvar="ASSAY_TOKENIZERS", metavar="GLOBS", default="*", help=GLOBS)
@click.option("--attentions", envvar="ASSAY_ATTENTIONS", metavar="GLOBS", default="*", help=GLOBS)
@click.option(
    "--corpora",
    envvar="ASSAY_CORPORA",
    metavar="GLOBS",
    default="*",
    help=f"{GLOBS} Of attentions the corpus of their text, or the id of their workload.",
)
@options.results
@options.as_json
def history(metric: str, tokenizers: str, attentions: str, corpora: str, results: str, as_json: bool) -> int:
    """Show a METRIC, such as encode_mb_per_s, over the stored and the accepted runs, and where it stepped."""
    import sys

    from assay import tables
    from assay.history import history as collect
    from assay.present import trend
    from assay.store import Store

    store = Store(results, create=False)
    try:
        kept = _accepted(Path(results))
        chosen = {"tokenizers": tokenizers, "attentions": attentions, "corpora": corpora}
        series = collect(store, metric, accepted=kept, **chosen)
    finally:
        store.close()
    if as_json:
        click.echo(trend.as_json(metric, series))
    elif sys.stdout.isatty():
        tables.write(trend.tables_of(series, trend.marks_for(sys.stdout.encoding)))
    else:
        tables.write(trend.raw_tables(series))
    if not series:
        say(f"none of the chosen cases has {metric}")
    return 0


def _accepted(results: Path) -> tuple[Accepted, ...]:
    """The accepted baselines; one that cannot be read is told of, and left out."""
    from assay.accepted import FOLDER, read
    from assay.errors import StoreError

    found = []
    for path in sorted((results / FOLDER).glob("*.json")):
        try:
            found.append(read(path))
        except StoreError as error:
            say(f"assay: warning: {error}")
    return tuple(found)
