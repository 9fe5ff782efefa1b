"""`assay check`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from assay.cli import comparison_output as telling
from assay.cli import options
from assay.cli.config import tolerance_table
from assay.cli.plugin_options import PluginOptions

if TYPE_CHECKING:
    from assay.execute.plan import Selection
    from assay.records.settings import Settings
    from assay.records.verdicts import Comparison
    from assay.records.workload import Dtype
    from assay.store.location import Location


@click.command("check")
@click.option(
    "--baseline",
    envvar="ASSAY_CHECK_BASELINE",
    metavar="WHAT",
    help="What the installed code is compared with: a git revision, pip:REQUIREMENT (such as pip:tiktoken==0.12.0),"
    " env:PATH of another environment, a saved run's id, or a file of results/baselines.",
)
@click.option(
    "--suite",
    envvar="ASSAY_CHECK_SUITE",
    default="quick",
    show_default=True,
    help="See `assay list suites`.",
)
@options.cases
@options.metrics
@click.option(
    "--held-out",
    envvar="ASSAY_CHECK_HELD_OUT",
    default="0",
    show_default=True,
    callback=options.share,
    help="The last share of each corpus, for rows on unseen text; 0 for none.",
)
@click.option(
    "--budget",
    "budget_s",
    envvar="ASSAY_CHECK_BUDGET",
    default="3m",
    show_default=True,
    callback=options.seconds,
    help="Time for timing, over all cells; starting processes and checking come on top.",
)
@options.judging
@click.option(
    "--clock",
    envvar="ASSAY_CLOCK",
    type=click.Choice(["cpu", "wall"]),
    help="Which time is judged.  [default: CPU time; wall time of what runs on another device or in other processes]",
)
@click.option("--calibrate", is_flag=True, help="Compare the baseline with itself for all the time.")
@telling.told
@options.dtype
@options.on_device
@options.limits
@options.finding
def check(
    baseline: str | None,
    suite: str,
    workloads: tuple[str, ...],
    tokenizers: str | None,
    attentions: str | None,
    corpora: str | None,
    metrics: str | None,
    held_out: float,
    budget_s: float,
    operations: tuple[str, ...],
    effect: float,
    margin: float,
    clock: str | None,
    calibrate: bool,
    strict: bool,
    markdown: str | None,
    junit: str | None,
    dtype: Dtype | None,
    device: str | None,
    threads: int,
    timeout_s: float,
    memory_bytes: int | None,
    results: Location,
    wanted: PluginOptions,
    as_json: bool,
    quiet: bool,
) -> int:
    """Say whether the installed code is slower, or gives other results, than a baseline.

    Exits with 1 for a regression or a changed exact figure, 3 when a case fails, 4 (with --strict) when something
    is inconclusive, 5 when nothing can be compared.
    """
    from assay.execute.plan import Selection
    from assay.records.settings import Settings

    settings = Settings(
        plugins=wanted.plugins,
        block=wanted.block,
        load=wanted.load,
        budget_s=budget_s,
        timeout_s=timeout_s,
        memory_bytes=memory_bytes,
        threads=threads,
    )
    selection = Selection(
        suite=suite,
        workloads=workloads,
        tokenizers=tokenizers,
        attentions=attentions,
        corpora=options.absolute(corpora),
        metrics=metrics,
        held_out=held_out,
        threads=threads,
        dtype=dtype,
        device=device,
    )
    if baseline is None and not calibrate:
        raise click.UsageError("it takes a --baseline, such as --baseline HEAD~1; or --calibrate")
    comparison = _compare(
        baseline,
        wanted,
        selection,
        settings,
        results,
        operations,
        effect,
        margin,
        clock,
        calibrate=calibrate,
        quiet=quiet,
    )
    telling.show(comparison, as_json=as_json, strict=strict)
    telling.write_files(comparison, markdown, junit)
    return comparison.exit_code(strict=strict)


def _compare(
    baseline: str | None,
    wanted: PluginOptions,
    selection: Selection,
    settings: Settings,
    results: Location,
    operations: tuple[str, ...],
    effect: float,
    margin: float,
    clock: str | None,
    *,
    calibrate: bool,
    quiet: bool,
) -> Comparison:
    from assay.cli.progress import Line
    from assay.comparison.check import Check
    from assay.comparison.check_stored import check_stored
    from assay.comparison.sides import SideEnvironment
    from assay.comparison.sides import baseline as find_baseline
    from assay.comparison.sides import candidate as find_candidate
    from assay.comparison.tolerance import tolerances
    from assay.measure.plugin_metrics import chosen
    from assay.records.verdicts import Tolerance

    host = wanted.find()
    budgets = tolerances(tolerance_table(), Tolerance(minimum_effect=effect, equivalence_margin=max(margin, effect)))
    with Line(quiet=quiet) as line:
        candidate = find_candidate(settings.plugins)
        side = candidate
        if baseline is not None:
            found = find_baseline(baseline, settings.plugins, results, tell=line.say)
            if not isinstance(found, SideEnvironment):
                _only_cases(operations, clock)
                return check_stored(
                    host,
                    found,
                    replace(settings, metrics=chosen(host, selection.metrics)),
                    candidate=candidate.name,
                    wanted=selection.wants,
                    tick=line.tick,
                )
            side = found
        return Check(
            host,
            selection,
            settings,
            (side, side if calibrate else candidate),
            budgets=budgets,
            clock="wall" if clock == "wall" else "cpu" if clock == "cpu" else None,
            operations=operations,
            calibrate=calibrate,
            tick=line.tick,
        ).run()


def _only_cases(operations: tuple[str, ...], clock: str | None) -> None:
    """Refuse what says nothing of a saved run, whose cases and exact figures are all that is compared."""
    for given, option in ((operations, "--operation"), (clock, "--clock")):
        if given:
            raise click.UsageError(f"{option} means nothing with a saved run, of which only exact figures are judged")
