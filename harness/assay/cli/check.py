"""`assay check`."""

from __future__ import annotations

from dataclasses import replace

import click

from assay.cli import options
from assay.cli.comparison_output import ComparisonOutput, takes_comparison_output
from assay.cli.request import CommandRequest, takes_request
from assay.comparison.judging import Judging
from assay.records.verdicts import Comparison


@click.command("check")
@click.option(
    "--baseline",
    envvar="ASSAY_CHECK_BASELINE",
    metavar="WHAT",
    help="What the installed code is compared with: a git revision, pip:REQUIREMENT (such as pip:tiktoken==0.12.0),"
    " env:PATH of another environment, a saved run's id, or a file of results/baselines.",
)
@options.judged_suite
@options.cases
@options.metrics
@options.held_out(envvar="ASSAY_CHECK_HELD_OUT", default="0")
@options.budget(
    envvar="ASSAY_CHECK_BUDGET",
    default="3m",
    help="Time for timing, over all cells; starting processes and checking come on top.",
)
@options.judging
@options.option(
    "--clock",
    Judging,
    type=click.Choice(["cpu", "wall"]),
    help="Which time is judged.  [default: CPU time; wall time of what runs on another device or in other processes]",
)
@click.option("--calibrate", is_flag=True, help="Compare the baseline with itself for all the time.")
@takes_comparison_output
@options.dtype
@options.on_device
@options.limits
@takes_request
def check(request: CommandRequest, baseline: str | None, calibrate: bool, shown: ComparisonOutput) -> int:
    """Report whether the installed code is slower, or gives other results, than a baseline.

    Exits with 1 for a regression or a changed exact figure, 3 when a case fails or nothing could be measured, 4 (with
    --strict) when something is inconclusive, 5 when something is missing that the baseline has, or could be
    measured on neither side.
    """
    if baseline is None and not calibrate:
        raise click.UsageError("it takes a --baseline, such as --baseline HEAD~1; or --calibrate")
    comparison = shown.allow(_compare(request, baseline, calibrate=calibrate))
    shown.show(comparison, as_json=request.as_json)
    shown.write(comparison)
    return comparison.exit_code(strict=shown.strict)


def _compare(request: CommandRequest, baseline: str | None, *, calibrate: bool) -> Comparison:
    from assay.cli.progress import StatusLine
    from assay.comparison import sides
    from assay.comparison.check import VersionCheck
    from assay.comparison.check_stored import check_stored
    from assay.execute.tokenizer_files import name_files, with_files_of
    from assay.measure.plugin_metrics import chosen

    settings, selection = request.settings, request.selection_of_sides()
    host = request.plugins.find(to_measure=True)
    judging = request.judging_by_cell()
    with StatusLine(quiet=request.quiet) as line:
        candidate = sides.candidate(settings.plugins)
        side = candidate
        if baseline is not None:
            found = sides.baseline(baseline, settings.plugins, request.results, tell=line.echo)
            if not isinstance(found, sides.SideEnvironment):
                _refuse_timing(judging)
                settings, changed = with_files_of(host, settings, found.outcome.run.settings)
                selection, settings = name_files(host, selection, settings)
                return check_stored(
                    host,
                    found,
                    replace(settings, metrics=chosen(host, selection.metrics)),
                    candidate=candidate.name,
                    doubts=(*candidate.warnings, *changed),
                    wanted=selection.includes,
                    tick=line.tick,
                )
            side = found
        pair = (side, side if calibrate else candidate)
        return VersionCheck(host, selection, settings, pair, judging, calibrate=calibrate, tick=line.tick).run()


def _refuse_timing(judging: Judging) -> None:
    """Refuse options that mean nothing with a saved run, whose cases and exact figures are all that is compared."""
    for given, option in ((judging.operations, "--operation"), (judging.clock, "--clock")):
        if given:
            raise click.UsageError(f"{option} means nothing with a saved run, of which only exact figures are judged")
