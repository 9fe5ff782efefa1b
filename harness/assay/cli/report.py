"""`assay report` and `assay export`."""

from __future__ import annotations

import sys

import click

from assay.cli import options
from assay.cli.echo import echo_stderr
from assay.cli.plugin_options import PluginOptions, takes_plugins_and_timeout
from assay.environment.command_line import command_line
from assay.errors import AssayError
from assay.plugins.host import Host
from assay.records.report_data import ReportContext
from assay.records.results import Outcome
from assay.records.verdicts import Comparison
from assay.report import publish
from assay.store.location import Location

output = click.option(
    "-o", "--output", type=click.Path(dir_okay=False), help="Write to this file instead of standard output."
)
named = options.variable_option(
    "--format",
    "format_name",
    metavar="NAME",
    help="The format, see `assay list reports`.  [default: by the name of the file, else md]",
)
interactive = options.variable_option(
    "--interactive", is_flag=True, help="With charts that answer to the reader (html)."
)


@click.command("report")
@click.argument("run", required=False)
@output
@named
@interactive
@click.option("--baseline", metavar="RUN", help="Show first what changed since this run, see `assay compare`.")
@click.option(
    "--site",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Write a page for every stored run into this folder, and an index of them.",
)
@options.results
@takes_plugins_and_timeout
def report(
    run: str | None,
    output: str | None,
    format_name: str | None,
    interactive: bool,
    baseline: str | None,
    site: str | None,
    results: Location,
    plugins: PluginOptions,
) -> int:
    """Write a report of a RUN, by default the newest: as a page (html, md), or for another program.

    Without -o it goes to standard output. With --site all runs are written, as html unless --format says otherwise;
    pages that are younger than the end of their run are kept.
    """
    if site is None:
        return _report(run, output, format_name, results, plugins, interactive=interactive, baseline=baseline)
    if run is not None or output is not None or baseline is not None:
        raise click.UsageError("--site writes all runs, each to a file of its own: leave out RUN, -o and --baseline")
    return _site(site, format_name, results, plugins, interactive=interactive)


@click.command("export")
@click.argument("format_name", metavar="FORMAT")
@click.argument("run", required=False)
@output
@options.results
@takes_plugins_and_timeout
def export(format_name: str, run: str | None, output: str | None, results: Location, plugins: PluginOptions) -> int:
    """Write the results of a RUN, by default the newest, in the FORMAT of another program: `report` under another name.

    `assay list reports` lists the formats.
    """
    return _report(run, output, format_name, results, plugins, interactive=False)


def of_run(
    host: Host, outcome: Outcome, *, interactive: bool = False, comparison: Comparison | None = None
) -> ReportContext:
    """Gather what a report of one run is made from, and of what changed since another."""
    from assay.report.token_view import token_view

    return ReportContext(
        shows="run",
        outcomes=(outcome,),
        comparison=comparison,
        plugins=publish.listed(outcome.codes),
        read=lambda: token_view(host, outcome),
        command=command_line(),
        interactive=interactive,
    )


def put(content: bytes, output: str | None) -> None:
    """Write a report to its file, or to standard output; `AssayError` for what is no text on a terminal."""
    if output is None:
        if sys.stdout.isatty() and b"\0" in content:
            raise AssayError("this format is not text, and a terminal can only show text", remedy="give -o FILE")
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
    else:
        publish.save(output, content)


def _report(
    run: str | None,
    output: str | None,
    format_name: str | None,
    results: Location,
    plugins: PluginOptions,
    *,
    interactive: bool,
    baseline: str | None = None,
) -> int:
    from assay.store.store import Store

    host = plugins.find()
    plugin = publish.find_format(host, "run", format_name, output)
    with Store(results, read_only=True) as store:
        outcome = store.outcome(run)
    comparison = None
    if baseline is not None:
        from assay.comparison.compare_runs import compare

        comparison = compare(baseline, outcome, results=results)
    put(publish.publish(plugin, of_run(host, outcome, interactive=interactive, comparison=comparison)), output)
    return 0


def _site(folder: str, format_name: str | None, results: Location, plugins: PluginOptions, *, interactive: bool) -> int:
    """Write the pages of all runs, and tell of those that could not be."""
    from assay.report import site
    from assay.store.store import Store

    host = plugins.find()
    plugin = publish.find_format(host, "runs", format_name or "html", None)
    with Store(results, read_only=True) as store:
        made = site.write(store, folder, plugin, lambda outcome: of_run(host, outcome, interactive=interactive))
    for failure in made.failures:
        echo_stderr(f"assay: failed: {failure}")
    kept = f", {made.kept:,} kept that were there" if made.kept else ""
    echo_stderr(f"{made.index}: {made.written:,} pages written{kept}")
    return 3 if made.failures else 0
