"""`assay run`."""

from __future__ import annotations

import click

from assay.cli import options


@click.command("run")
@click.option(
    "--suite",
    envvar="ASSAY_SUITE",
    default="tutorial",
    show_default=True,
    help="Which cases: see `assay list suites`.",
)
@click.option(
    "--tokenizers",
    envvar="ASSAY_TOKENIZERS",
    default="*",
    show_default=True,
    metavar="GLOBS",
    help="Comma-separated names and patterns, or none.",
)
@click.option(
    "--attentions",
    envvar="ASSAY_ATTENTIONS",
    default="*",
    show_default=True,
    metavar="GLOBS",
    help="Comma-separated names and patterns, or none.",
)
@click.option(
    "--corpora",
    envvar="ASSAY_CORPORA",
    default=None,
    metavar="GLOBS|PATHS",
    help="Corpora by name or pattern, text files, folders. [default: the suite's]",
)
@click.option(
    "--held-out",
    envvar="ASSAY_HELD_OUT",
    default="10%",
    show_default=True,
    callback=options.share,
    help="The last share of each corpus, on which rows for unseen text are measured; 0 for none.",
)
@click.option(
    "--threads",
    envvar="ASSAY_THREADS",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Threads that torch may use.",
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
    "--report",
    envvar="ASSAY_REPORT",
    default=None,
    type=click.Path(dir_okay=False),
    help="Also write a Markdown report to this file.",
)
@options.results
@options.plugins
@options.block
@options.as_json
@click.option("-q", "--quiet", is_flag=True, help="No progress on standard error.")
def run_(
    suite: str,
    tokenizers: str,
    attentions: str,
    corpora: str | None,
    held_out: float,
    threads: int,
    budget_s: float,
    report: str | None,
    results: str,
    plugins: tuple[str, ...],
    block: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> int:
    """Check and time tokenizers and attention implementations, and store the results.

    Exits with 3 when a case failed in a way that its plugin does not announce.
    """
    from assay import document, tables
    from assay.job import carry_out
    from assay.plan import Selection
    from assay.progress import Reporter
    from assay.report import write_markdown

    host = options.find(plugins, block)
    selection = Selection(
        suite=suite,
        tokenizers=tokenizers,
        attentions=attentions,
        corpora=corpora,
        held_out=held_out,
        threads=threads,
    )
    with Reporter(quiet=quiet) as reporter:
        outcome = carry_out(
            host,
            selection,
            budget_s=budget_s,
            results=results,
            begun=reporter.begun,
            measured=reporter.measured,
        )
    if as_json:
        click.echo(document.of_run(outcome.run, outcome.measurements, host.failures))
    else:
        tables.show(outcome.measurements)
    if report is not None:
        write_markdown(report, outcome.run, outcome.measurements)
    if not quiet:
        click.echo(f"run {outcome.run.id} is stored in {results}; see it again with `assay show`", err=True)
    for row in outcome.measurements:
        if row.blamed:
            click.echo(f"assay: failed: {row.case.id}: {row.reason}", err=True)
    return 3 if outcome.failed else 0
