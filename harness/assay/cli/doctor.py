"""`assay doctor`."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from assay.cli import options
from assay.cli.echo import echo_tables
from assay.records.json_document import keyed, write
from assay.report.text.table import Table


@click.command("doctor")
@options.folder
@options.as_json
def doctor(results: str, as_json: bool) -> int:
    """Look at this machine as a place to measure, try its noise, and advise. Changes nothing."""
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
