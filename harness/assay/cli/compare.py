"""`assay compare`."""

from __future__ import annotations

import click

from assay.cli import options
from assay.cli.comparison_output import ComparisonOutput, takes_comparison_output
from assay.cli.plugin_options import PluginOptions, takes_plugins_and_timeout
from assay.cli.report import interactive, named, output, put
from assay.environment.command_line import command_line
from assay.records.report_data import ReportContext
from assay.report import publish
from assay.store.location import Location


@click.command("compare")
@click.argument("runs", nargs=-1, required=True, metavar="BASELINE CANDIDATE...")
@options.variable_option(
    "--allowance",
    callback=options.width,
    metavar="SHARE",
    help="How far apart ratios of the same code may be.  [default: 60%; 35% of three epochs or more]",
)
@takes_comparison_output
@output
@named
@interactive
@options.results
@takes_plugins_and_timeout
@options.as_json
def compare(
    runs: tuple[str, ...],
    allowance: float,
    shown: ComparisonOutput,
    output: str | None,
    format_name: str | None,
    interactive: bool,
    results: Location,
    plugins: PluginOptions,
    as_json: bool,
) -> int:
    """Compare stored runs with a BASELINE: what is exact, and times as far as stored ones can tell.

    A run is an id or its beginning, or a file of results/baselines. With -o a report is also written, with --format
    alone it goes to standard output in place of the tables. Exits with 1 for a regression or a changed exact figure, 3
    when a case fails that was ok, 4 (with --strict) when something is inconclusive, 5 when something is missing that
    the baseline has, or nothing can be compared.
    """
    from assay.comparison.compare_runs import compare_runs
    from assay.store.lookup import find

    if len(runs) < 2:
        raise click.UsageError("it takes a baseline and a candidate, or more; see `assay show --runs`")
    if as_json and format_name is not None and output is None:
        raise click.UsageError("--json and --format both go to standard output: leave out one, or give -o")
    wants_report = format_name is not None or output is not None
    plugin = publish.find_format(plugins.find(), "comparison", format_name, output) if wants_report else None
    named = find(runs, results)
    comparison = shown.allow(compare_runs(named, allowance=allowance or None))
    if plugin is None or output is not None:
        shown.show(comparison, as_json=as_json)
    shown.write(comparison)
    if plugin is not None:
        context = ReportContext(
            shows="comparison",
            outcomes=tuple(one.outcome for one in named),
            comparison=comparison,
            command=command_line(),
            interactive=interactive,
        )
        put(publish.publish(plugin, context), output)
    return comparison.exit_code(strict=shown.strict)
