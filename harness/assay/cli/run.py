"""`assay run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assay.cli import options
from assay.cli import report as reporting
from assay.cli.echo import say
from assay.cli.plugin_options import PluginOptions

if TYPE_CHECKING:
    from assay.plugins.host import Host
    from assay.plugins.types import ReportPlugin
    from assay.records.results import Outcome
    from assay.records.workload import Dtype
    from assay.store.location import Location


@click.command("run")
@click.option("--suite", envvar="ASSAY_SUITE", default="tutorial", show_default=True, help="See `assay list suites`.")
@options.cases
@options.metrics
@click.option(
    "--held-out",
    envvar="ASSAY_HELD_OUT",
    default="10%",
    show_default=True,
    callback=options.share,
    help="The last share of each corpus, for rows on unseen text; 0 for none.",
)
@click.option(
    "--sample",
    envvar="ASSAY_SAMPLE",
    callback=options.width,
    metavar="WIDTH",
    help="Measure a random sample of each corpus's documents, just large enough for the 95 % interval of every row's"
    " bytes per token to be within this, such as 1%.  [default: all documents]",
)
@click.option(
    "--baseline",
    "baselines",
    envvar="ASSAY_BASELINE",
    multiple=True,
    metavar="NAME",
    help="The plugin that ratios are taken to, where a group has it. May be repeated.  [default: the suite's]",
)
@click.option(
    "--budget",
    "budget_s",
    envvar="ASSAY_BUDGET",
    default="30s",
    show_default=True,
    callback=options.seconds,
    help="Time for timing, over all cases; checks come on top.",
)
@click.option(
    "--precision",
    envvar="ASSAY_PRECISION",
    default="1%",
    show_default=True,
    callback=options.share,
    help="Stop timing a group when the 95 % interval of every ratio is within this.",
)
@click.option(
    "--epochs",
    envvar="ASSAY_EPOCHS",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Fresh processes for each plugin: 6 make a ratio good to about 1 %, at the cost of starting them.",
)
@options.spreading
@options.limits
@options.dtype
@options.on_device
@click.option("--dry-run", is_flag=True, help="Only say what would be done, and what counting shards would take.")
@click.option("--resume", metavar="RUN", help="Measure what this run still lacks, with its own settings.")
@click.option(
    "--report",
    envvar="ASSAY_REPORT",
    type=click.Path(dir_okay=False),
    help="Also write a report to this file, in the form that its name tells: .html, .md, .csv, ...",
)
@options.finding
def run_(
    suite: str,
    tokenizers: str | None,
    attentions: str | None,
    corpora: str | None,
    metrics: str | None,
    held_out: float,
    sample: float,
    workloads: tuple[str, ...],
    dtype: Dtype | None,
    device: str | None,
    baselines: tuple[str, ...],
    budget_s: float,
    precision: float,
    epochs: int,
    executor: str | None,
    workers: int | None,
    scheduler: str | None,
    field: str,
    fresh: bool,
    timeout_s: float,
    memory_bytes: int | None,
    threads: int,
    dry_run: bool,
    resume: str | None,
    report: str | None,
    results: Location,
    wanted: PluginOptions,
    as_json: bool,
    quiet: bool,
) -> int:
    """Check and time tokenizers and attention implementations, and store the results.

    Exits with 3 when a case failed in a way that its plugin does not announce.
    """
    from assay.cli.progress import Reporter
    from assay.execute import job
    from assay.execute.plan import Selection
    from assay.records.settings import Settings

    if resume is not None:
        wanted.add(job.settings_of(resume, results))
    host = wanted.find()
    form = None if report is None else reporting.chosen(host, None, report)
    if resume is not None:
        with Reporter(quiet=quiet) as reporter:
            outcome = job.resume(resume, results, reporter)
        return _finish(outcome, results, host, form, report, as_json=as_json, quiet=quiet)
    settings = Settings(
        plugins=wanted.plugins,
        block=wanted.block,
        load=wanted.load,
        baselines=baselines,
        budget_s=budget_s,
        precision=precision,
        epochs=epochs,
        timeout_s=timeout_s,
        memory_bytes=memory_bytes,
        threads=threads,
        executor=executor,
        workers=workers,
        scheduler=scheduler,
        field=field,
        fresh=fresh,
    )
    selection = Selection(
        suite=suite,
        tokenizers=tokenizers,
        attentions=attentions,
        corpora=corpora,
        metrics=metrics,
        held_out=held_out,
        sample=sample,
        workloads=workloads,
        dtype=dtype,
        device=device,
        threads=threads,
        spread=executor is not None,
        field=field,
    )
    if dry_run:
        from assay.cli.dry_run import show

        return show(host, selection, settings, as_json=as_json, quiet=quiet)
    with Reporter(quiet=quiet) as reporter:
        outcome = job.begin(host, selection, settings, results, reporter)
    return _finish(outcome, results, host, form, report, as_json=as_json, quiet=quiet)


def _finish(
    outcome: Outcome,
    results: Location,
    host: Host,
    form: ReportPlugin | None,
    report: str | None,
    *,
    as_json: bool,
    quiet: bool,
) -> int:
    """Show what a run came to, write the report that was asked for, and give the exit code."""
    from assay.report.formats import run_json as document
    from assay.report.publish import publish, save
    from assay.report.tables import run_tables

    if as_json:
        click.echo(document.of_outcome(outcome))
    else:
        run_tables.show(outcome.measurements)
    if form is not None and report is not None:
        save(report, publish(form, reporting.of_run(host, outcome)))
    if not quiet:
        if outcome.noise is not None:
            say(f"noise floor: {outcome.noise}")
        again = "`assay show` and the same --store" if results.elsewhere else "`assay show`"
        say(f"run {outcome.run.id} is stored in {results} ({outcome.manifest}); see it again with {again}")
    blamed: dict[tuple[str, str | None, str | None], list[str]] = {}
    for row in outcome.measurements:
        if row.blamed:
            blamed.setdefault((row.case.plugin, row.reason, row.remedy), []).append(row.case.id)
    for (_, reason, remedy), (first, *others) in blamed.items():
        more = f" and {len(others)} more of its cases" if others else ""
        say(f"assay: failed: {first}{more}: {reason}{f' ({remedy})' if remedy else ''}")
    return 3 if outcome.failed else 0
