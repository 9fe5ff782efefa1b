"""`assay doctor`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from assay.cli import options
from assay.cli.echo import echo_stderr, echo_tables
from assay.records.json_document import keyed, write
from assay.report.text.table import Table

if TYPE_CHECKING:
    from assay.comparison.calibration import Calibration, SlowdownTally
    from assay.records.verdicts import Judgement


@click.command("doctor")
@click.option("--calibrate", is_flag=True, help="Plant slowdowns in a tokenizer, and tell how many a check finds here.")
@click.option(
    "--budget",
    "budget_s",
    envvar="ASSAY_DOCTOR_BUDGET",
    callback=options.seconds,
    default="60s",
    show_default=True,
    help="With --calibrate: time for timing in each check.",
)
@click.option(
    "--repeats",
    envvar="ASSAY_DOCTOR_REPEATS",
    type=click.IntRange(min=1),
    help="With --calibrate: checks of each slowdown.  [default: as many as fit into 10 minutes]",
)
@options.folder
@options.as_json
def doctor(results: str, as_json: bool, calibrate: bool, budget_s: float, repeats: int | None) -> int:
    """Look at this machine as a place to measure, try its noise, and advise. Changes nothing."""
    if calibrate:
        return _calibrate(budget_s, repeats, as_json=as_json)
    context = click.get_current_context()
    for name in ("budget_s", "repeats"):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name.removesuffix('_s')} means nothing without --calibrate")
    from assay.execute.doctor import examine, self_test

    findings = list(examine(results))
    noise = self_test(_show_pair)
    if as_json:
        content = {"findings": [asdict(finding) for finding in findings]}
        click.echo(write({**content, "noise": None if noise is None else asdict(noise, dict_factory=keyed)}))
        return 0
    rows = [(finding.name, finding.value, finding.advice or "") for finding in findings]
    if noise is not None:
        floor = f"{noise.median:.2%} median, {noise.worst:.2%} worst of {noise.groups} fresh pairs of processes"
        rows += [
            ("noise floor", floor, "identical code differed by this much"),
            (
                "smallest change found",
                f"about {noise.minimum_detectable_effect:.1%}",
                "by a default run, now, of code like a Python loop",
            ),
        ]
    echo_tables(Table(title="this machine", columns=("what", "found", "advice"), rows=tuple(rows)))
    return 0


def _show_pair(done: int, total: int) -> None:
    if sys.stderr.isatty():
        text = f"self-test {done + 1} of {total}" if done < total else " " * 20
        click.echo(f"\r{text}\r", nl=False, err=True)


def _calibrate(budget_s: float, repeats: int | None, *, as_json: bool) -> int:
    """Check planted slowdowns, and show how many were found."""
    from assay.cli.progress import StatusLine
    from assay.comparison import planted_slowdown
    from assay.comparison.calibration import SLOWDOWNS, SlowdownTally, calibrate
    from assay.records.temporary import temporary_folder
    from assay.report.formats.comparison_text import change_text

    each = ", ".join(f"+{percent} %" for percent in SLOWDOWNS)
    many = "as many of each as fit into 10 minutes" if repeats is None else f"{repeats} of each"
    echo_stderr(f"checks of {each} more work, of at most {budget_s:g} s of timing: {many}")
    with temporary_folder() as folder, StatusLine() as line:
        planted = {percent: planted_slowdown.plant(percent, Path(folder, f"{percent}")) for percent in SLOWDOWNS}
        line.echo("reading the planted slowdowns")
        tallies = [
            SlowdownTally(percent=percent, ratio=one.ratio, read=planted_slowdown.read_share(one))
            for percent, one in planted.items()
        ]

        def check(percent: int, seed: int) -> Judgement:
            def tick(what: str, left_s: float) -> None:
                line.tick(f"+{percent} %: {what}", left_s)

            return planted_slowdown.check(planted[percent], budget_s, seed, tick)

        found = calibrate(
            tallies,
            check,
            repeats=repeats,
            ended=lambda percent, one: line.echo(f"+{percent} %: {one.verdict}, {change_text(one)}"),
        )
    if as_json:
        click.echo(write(_as_object(found, budget_s)))
    elif not found.interrupted:
        echo_tables(_as_table(found, budget_s))
    if found.interrupted:
        echo_stderr(f"assay: interrupted; {_summary(found)}")
    return 130 if found.interrupted else 0


def _as_table(found: Calibration, budget_s: float) -> Table:
    rows = [
        (
            f"+{tally.percent} %",
            f"{tally.read:+.2%}",
            _share(tally.found, len(tally.checks)) + ("" if tally.percent else " (false alarms)"),
            _share(tally.covered, tally.intervals),
            ", ".join(f"{count} {verdict}" for verdict, count in tally.verdicts.items()),
        )
        for tally in found.tallies
    ]
    rows.append(("all", "", "", _share(*found.coverage), ""))
    return Table(
        title=f"checks of {budget_s:g} s, of more work",
        columns=("planted", "read", "called slower", "in the 95 % interval", "verdicts"),
        rows=tuple(rows),
    )


def _summary(found: Calibration) -> str:
    parts = [_part(tally) for tally in found.tallies if tally.checks]
    if not parts:
        return "no check had ended"
    return "; ".join([*parts, f"of the 95 % intervals {_share(*found.coverage)} hold what was planted"])


def _part(tally: SlowdownTally) -> str:
    word = "found in" if tally.percent else "false alarms in"
    return f"+{tally.percent} %: {word} {_share(tally.found, len(tally.checks))}"


def _share(count: int, total: int) -> str:
    return f"{count} of {total} ({count / total:.0%})" if total else "0 of 0"


def _as_object(found: Calibration, budget_s: float) -> dict[str, object]:
    from assay.environment.describe import describe

    covered, intervals = found.coverage
    return {
        "budget_s": budget_s,
        "seconds": found.seconds,
        "interrupted": found.interrupted,
        "slowdowns": [
            {
                "planted": tally.ratio - 1.0,
                "read": tally.read,
                "checks": len(tally.checks),
                "found": tally.found,
                "intervals": tally.intervals,
                "covered": tally.covered,
                "judgements": [asdict(one, dict_factory=keyed) for one in tally.checks],
            }
            for tally in found.tallies
        ],
        "false_alarms": next(tally.found for tally in found.tallies if not tally.percent),
        "intervals": intervals,
        "covered": covered,
        "environment": dict(describe()),
    }
