"""`assay run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assay.cli import options

if TYPE_CHECKING:
    from assay.job import Outcome
    from assay.workload import Dtype

GLOBS = "Comma-separated names and patterns, or none."


@click.command("run")
@click.option("--suite", envvar="ASSAY_SUITE", default="tutorial", show_default=True, help="See `assay list suites`.")
@click.option(
    "--workload",
    "workloads",
    multiple=True,
    metavar="ID",
    help="An attention workload, such as core/fwd/causal/b1.h8.s1024.d64/f32/cpu.t1, in place of a suite; repeatable.",
)
@click.option("--tokenizers", envvar="ASSAY_TOKENIZERS", metavar="GLOBS", help=f"{GLOBS}  [default: the suite's]")
@click.option("--attentions", envvar="ASSAY_ATTENTIONS", metavar="GLOBS", help=f"{GLOBS}  [default: the suite's]")
@click.option(
    "--corpora",
    envvar="ASSAY_CORPORA",
    metavar="GLOBS|PATHS",
    help="Corpora by name or pattern, text files, folders.  [default: the suite's]",
)
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
@click.option(
    "--timeout",
    "timeout_s",
    envvar="ASSAY_TIMEOUT",
    default="120s",
    show_default=True,
    callback=options.seconds,
    help="The longest a plugin may take over one step.",
)
@click.option(
    "--memory",
    "memory_bytes",
    envvar="ASSAY_MEMORY",
    callback=options.size,
    metavar="SIZE",
    help="The most memory a plugin may take, such as 2GiB.  [default: 4/5 of what is available]",
)
@click.option(
    "--threads",
    envvar="ASSAY_THREADS",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Threads that a plugin's libraries may use.",
)
@click.option(
    "--dtype",
    envvar="ASSAY_DTYPE",
    type=click.Choice(["f32", "bf16", "f16"]),
    help="Precision of the attentions' inputs.  [default: the workload's, f32]",
)
@click.option(
    "--device",
    envvar="ASSAY_DEVICE",
    callback=options.device,
    metavar="DEVICE",
    help="Where the attentions run: cpu, cuda or cuda:1.  [default: the workload's, cpu]",
)
@click.option("--resume", metavar="RUN", help="Measure what this run still lacks, with its own settings.")
@click.option(
    "--report",
    envvar="ASSAY_REPORT",
    type=click.Path(dir_okay=False),
    help="Also write a Markdown report to this file.",
)
@options.results
@options.plugins
@options.block
@options.as_json
@click.option("-q", "--quiet", envvar="ASSAY_QUIET", is_flag=True, help="No progress on standard error.")
def run_(
    suite: str,
    tokenizers: str | None,
    attentions: str | None,
    corpora: str | None,
    held_out: float,
    sample: float,
    workloads: tuple[str, ...],
    dtype: Dtype | None,
    device: str | None,
    baselines: tuple[str, ...],
    budget_s: float,
    precision: float,
    epochs: int,
    timeout_s: float,
    memory_bytes: int | None,
    threads: int,
    resume: str | None,
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
    from assay import job
    from assay.execute.settings import Settings
    from assay.plan import Selection
    from assay.progress import Reporter

    if resume is not None:
        with Reporter(quiet=quiet) as reporter:
            outcome = job.resume(resume, results, reporter)
        return _finish(outcome, results, report, as_json=as_json, quiet=quiet)
    with Reporter(quiet=quiet) as reporter:
        host = options.find(plugins, block)
        settings = Settings(
            plugins=plugins,
            block=block,
            baselines=baselines,
            budget_s=budget_s,
            precision=precision,
            epochs=epochs,
            timeout_s=timeout_s,
            memory_bytes=memory_bytes,
            threads=threads,
        )
        selection = Selection(
            suite=suite,
            tokenizers=tokenizers,
            attentions=attentions,
            corpora=corpora,
            held_out=held_out,
            sample=sample,
            workloads=workloads,
            dtype=dtype,
            device=device,
            threads=threads,
        )
        outcome = job.begin(host, selection, settings, results, reporter)
    return _finish(outcome, results, report, as_json=as_json, quiet=quiet)


def _finish(outcome: Outcome, results: str, report: str | None, *, as_json: bool, quiet: bool) -> int:
    """Show what a run came to, and give its exit code."""
    from assay import document, findings
    from assay.report import write_markdown

    if as_json:
        click.echo(document.of_run(outcome.run, outcome.manifest, outcome.measurements, outcome.noise))
    else:
        findings.show(outcome.measurements)
    if report is not None:
        write_markdown(report, outcome.run, outcome.manifest, outcome.measurements, outcome.noise)
    if not quiet:
        if outcome.noise is not None:
            click.echo(f"noise floor: {outcome.noise}", err=True)
        click.echo(
            f"run {outcome.run.id} is stored in {results} ({outcome.manifest}); see it again with `assay show`",
            err=True,
        )
    blamed: dict[tuple[str, str | None, str | None], list[str]] = {}
    for row in outcome.measurements:
        if row.blamed:
            blamed.setdefault((row.case.plugin, row.reason, row.remedy), []).append(row.case.id)
    for (_, reason, remedy), (first, *others) in blamed.items():
        more = f" and {len(others)} more of its cases" if others else ""
        click.echo(f"assay: failed: {first}{more}: {reason}{f' ({remedy})' if remedy else ''}", err=True)
    return 3 if outcome.failed else 0
