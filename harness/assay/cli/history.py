"""`assay history`."""

from __future__ import annotations

import sys

import click

from assay.cli import options
from assay.cli.echo import echo_stderr, echo_tables
from assay.cli.plugin_options import PluginOptions, takes_plugins_and_timeout
from assay.cli.report import named, output, put
from assay.environment.command_line import command_line
from assay.errors import AssayError
from assay.records.report_data import ReportContext
from assay.report import publish
from assay.store.location import Location


@click.command("history")
@click.argument("metric")
@options.variable_option("--tokenizers", metavar="GLOBS", default="*", help=options.GLOBS)
@options.variable_option("--attentions", metavar="GLOBS", default="*", help=options.GLOBS)
@options.variable_option(
    "--corpora",
    metavar="GLOBS",
    default="*",
    help=f"{options.GLOBS} Of attentions the corpus of their text, or the id of their workload.",
)
@output
@named
@options.results
@takes_plugins_and_timeout
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
    from assay.comparison.stored_history import history as collect
    from assay.report.formats.history import as_json as as_document
    from assay.report.formats.history import marks_for, raw_tables, tables_of

    if as_json and format_name is not None:
        raise click.UsageError("--json and --format are two formats: leave out one")
    wants_report = format_name is not None or output is not None
    plugin = publish.find_format(plugins.find(), "history", format_name, output) if wants_report else None
    chosen = {"tokenizers": tokenizers, "attentions": attentions, "corpora": corpora}
    series = collect(metric, store=results, **chosen).series
    if plugin is not None:
        if not series:
            raise AssayError(f"none of the chosen cases has {metric}", remedy="choose others, or another metric")
        context = ReportContext(shows="history", series=series, command=command_line())
        put(publish.publish(plugin, context), output)
    elif as_json:
        click.echo(as_document(metric, series))
    elif sys.stdout.isatty():
        echo_tables(*tables_of(series, marks_for(sys.stdout.encoding)))
    else:
        echo_tables(*raw_tables(series))
    if not series:
        echo_stderr(f"none of the chosen cases has {metric}")
    return 0
