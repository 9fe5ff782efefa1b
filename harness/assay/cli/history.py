"""`assay history`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import options
from assay.cli.echo import echo_stderr
from assay.cli.plugin_options import PluginOptions, takes_plugins
from assay.cli.report import named, output, put
from assay.environment.command_line import command_line
from assay.errors import AssayError, StoreError

if TYPE_CHECKING:
    from assay.records.report_data import ReportContext, Series
    from assay.records.results import Outcome
    from assay.store.location import Location

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
@output
@named
@options.results
@takes_plugins
@options.as_json
def history(
    metric: str,
    tokenizers: str,
    attentions: str,
    corpora: str,
    output: str | None,
    format_name: str | None,
    results: Location,
    plugins: PluginOptions,
    as_json: bool,
) -> int:
    """Show a METRIC, such as encode_mb_per_s, over the stored and the accepted runs, and where it stepped.

    With -o a report is written instead (html, md, json), with --format alone it goes to standard output.
    """
    from assay.comparison.history import history as collect
    from assay.report import publish
    from assay.report.formats.history import as_json as as_document
    from assay.report.formats.history import marks_for, raw_tables, tables_of
    from assay.report.tables import results as tables
    from assay.store.store import Store

    if as_json and format_name is not None:
        raise click.UsageError("--json and --format are two formats: leave out one")
    wants_report = format_name is not None or output is not None
    plugin = publish.find_format(plugins.find(), "history", format_name, output) if wants_report else None
    chosen = {"tokenizers": tokenizers, "attentions": attentions, "corpora": corpora}
    with Store(results, create=False) as store:
        series = collect(store, metric, baselines=_baselines(results.folder), **chosen)
    if plugin is not None:
        if not series:
            raise AssayError(f"none of the chosen cases has {metric}", remedy="choose others, or another metric")
        put(publish.publish(plugin, _report_context(series)), output)
    elif as_json:
        click.echo(as_document(metric, series))
    elif sys.stdout.isatty():
        tables.write(tables_of(series, marks_for(sys.stdout.encoding)))
    else:
        tables.write(raw_tables(series))
    if not series:
        echo_stderr(f"none of the chosen cases has {metric}")
    return 0


def _report_context(series: tuple[Series, ...]) -> ReportContext:
    from assay.records.report_data import ReportContext

    return ReportContext(shows="history", series=series, command=command_line())


def _baselines(folder: Path) -> tuple[Outcome, ...]:
    """Return the accepted baselines; one that cannot be read is reported, and left out."""
    from assay.store.baselines import FOLDER, read

    found = []
    for path in sorted((folder / FOLDER).glob("*.json")):
        try:
            found.append(read(path))
        except StoreError as error:
            echo_stderr(f"assay: warning: {error}")
    return tuple(found)
