"""`assay run`."""

from __future__ import annotations

import contextlib
import sys
from itertools import groupby

import click

from assay.cli import options
from assay.cli.echo import echo_stderr
from assay.cli.report import of_run
from assay.cli.request import CommandRequest, takes_request
from assay.execute.selection import Selection
from assay.records.results import Measurement, Outcome, Status
from assay.records.settings import Settings
from assay.report import publish

MOST_REASONS = 3


@click.command("run")
@options.suite()
@options.cases
@options.same_ids_as
@options.metrics
@options.held_out()
@options.option(
    "--sample",
    Selection,
    callback=options.width,
    metavar="WIDTH",
    help="Measure a random sample of each corpus's documents, just large enough for the 95 % interval of every row's"
    " bytes per token to be within this, such as 1%.  [default: all documents]",
)
@options.option(
    "--baseline",
    Settings,
    "baselines",
    multiple=True,
    metavar="NAME",
    help="The plugin that ratios are taken to, where a group has it. May be repeated.  [default: the suite's]",
)
@options.budget(help="Time for timing, over all cases; checks come on top.")
@options.option(
    "--precision",
    Settings,
    callback=options.share,
    help="Stop timing a group when the noise within its processes leaves every ratio known to this share.",
)
@options.option(
    "--epochs",
    Settings,
    type=click.IntRange(1),
    help="Fresh processes for each plugin.  [default: 5, or 1 where a group has less than 0.25 s]",
)
@options.option(
    "--seed",
    Settings,
    "run_seed",
    type=click.IntRange(0, 2**32 - 1),
    help="What attentions are judged on is drawn from this; `run_seed` of a stored run repeats it.  [default: random]",
)
@options.counting
@options.limits
@options.dtype
@options.on_device
@click.option("--dry-run", is_flag=True, help="Only say what would be done, and what counting shards would take.")
@click.option(
    "--resume",
    metavar="RUN",
    help="Measure what this run still lacks, with its own settings. A URL with credentials has to be given again.",
)
@options.variable_option(
    "--report",
    type=click.Path(dir_okay=False),
    help="Also write a report to this file, in the format that its name tells: .html, .md, .csv, ...",
)
@takes_request
def run_(request: CommandRequest, dry_run: bool, resume: str | None, report: str | None) -> int:
    """Check and time tokenizers and attention implementations, and store the results.

    Exits with 3 when a case failed in a way that its plugin does not announce, and when nothing could be measured.
    """
    from assay.cli.dry_run import show
    from assay.cli.progress import Reporter
    from assay.execute import job
    from assay.store.fallback import StoredElsewhere

    if resume is not None:
        request.plugins.add(job.settings_of(resume, request.results))
    host = request.plugins.find(to_measure=True)
    form = None if report is None else publish.find_format(host, "run", None, report)
    if dry_run and resume is None:
        return show(host, request)
    reports = [] if form is None else [form.name]
    lost = None
    with Reporter(quiet=request.quiet) as reporter:
        try:
            if resume is None:
                outcome = job.begin(host, request.selection, request.settings, request.results, reporter, reports)
            else:
                given = {"corpora": request.selection.corpora, "scheduler": request.settings.scheduler}
                outcome = job.resume(resume, request.results, reporter, reports, **given)
        except StoredElsewhere as error:
            outcome, lost = error.outcome, error
    measured = any(row.status is Status.OK for row in outcome.measurements)
    with contextlib.ExitStack() as afterwards:  # also where standard output cannot be written
        if not measured:
            afterwards.callback(_echo_nothing, outcome)
        afterwards.callback(_echo_failed, outcome)
        if not request.quiet:
            afterwards.callback(_echo_skipped, outcome)
        if not request.quiet and lost is None:
            afterwards.callback(_echo_where, outcome, request)
        if form is not None and report is not None:
            afterwards.callback(lambda: publish.save(report, publish.publish(form, of_run(host, outcome))))
        _show(outcome, as_json=request.as_json, quiet=request.quiet)
    if lost is not None:
        raise lost
    return 3 if outcome.failed or not measured else 0


def _show(outcome: Outcome, *, as_json: bool, quiet: bool) -> None:
    from assay.report.formats import run_json
    from assay.report.tables import run_tables
    from assay.report.tables.results import held_out

    if not quiet and (as_json or not sys.stdout.isatty()):  # where the warnings are not above the tables
        for warning in outcome.warnings:
            echo_stderr(warning)
        for group, rows in groupby(outcome.measurements, key=lambda row: row.case.group):
            if (share := held_out(list(rows))) is not None:
                echo_stderr(f"{group}: {share}")
    if as_json:
        click.echo(run_json.of_outcome(outcome))
    else:
        run_tables.show(outcome)


def _echo_where(outcome: Outcome, request: CommandRequest) -> None:
    """Report how noisy it was, and where it is stored."""
    if outcome.noise is not None:
        echo_stderr(f"noise floor: {outcome.noise}")
    again = "`assay show` and the same --store" if request.results.elsewhere else "`assay show`"
    for file in Settings.from_json(outcome.run.settings).files:
        echo_stderr(str(file))
    stored = f"run {outcome.run.id} is stored in {request.results} ({outcome.manifest})"
    echo_stderr(f"{stored}; see it again with {again}")


def _echo_skipped(outcome: Outcome) -> None:
    """Report what can be installed, and which cases were skipped without it: one line for each command."""
    lacking: dict[str, list[Measurement]] = {}
    for row in outcome.measurements:
        if row.status is Status.SKIPPED and row.remedy is not None and row.remedy.startswith("pip install"):
            lacking.setdefault(row.remedy, []).append(row)
    for remedy, rows in lacking.items():
        plugins = list(dict.fromkeys(row.case.plugin for row in rows))
        named = plugins[0] if len(plugins) == 1 else f"{len(plugins)} plugins"
        reason = (rows[0].reason or "").removeprefix(f"{plugins[0]} ")
        cases = f"{len(rows)} case{'s' * (len(rows) != 1)}"
        echo_stderr(f"assay: skipped: {cases} of {named}: {reason} ({remedy})")


def _echo_nothing(outcome: Outcome) -> None:
    """Report that nothing of what was asked for was measured, and why."""
    reasons = dict.fromkeys(f"{row.status}: {row.reason}" for row in outcome.measurements)
    more = f"; and for {len(reasons) - MOST_REASONS} more reasons" if len(reasons) > MOST_REASONS else ""
    told = "; ".join([*reasons][:MOST_REASONS])
    count = len(outcome.measurements)
    echo_stderr(f"assay: nothing was measured of the {count} case{'s' * (count != 1)} asked for: {told}{more}")


def _echo_failed(outcome: Outcome) -> None:
    """Report the cases that failed, one line for each reason."""
    blamed: dict[tuple[str, str | None, str | None], list[str]] = {}
    for row in outcome.measurements:
        if row.blamed:
            blamed.setdefault((row.case.plugin, row.reason, row.remedy), []).append(row.case.id)
    for (_, reason, remedy), (first, *others) in blamed.items():
        more = f" and {len(others)} more of its cases" if others else ""
        echo_stderr(f"assay: failed: {first}{more}: {reason}{f' ({remedy})' if remedy else ''}")
