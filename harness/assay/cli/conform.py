"""`assay conform`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from assay.cli import options
from assay.cli.echo import echo_stderr
from assay.cli.plugin_options import PluginOptions, takes_plugins
from assay.plugins.types import NAMES_OF_KINDS
from assay.records.json_document import write

if TYPE_CHECKING:
    from assay.report.tables.results import Table
    from assay.testkit.isolated_runner import ConformanceReport


@click.command("conform")
@click.argument("name")
@click.option(
    "--kind",
    envvar="ASSAY_KIND",
    type=click.Choice(list(NAMES_OF_KINDS.values())),
    help="What NAME is, where several kinds have one of that name.",
)
@options.timeout
@options.memory
@takes_plugins
@options.as_json
@options.quiet
def conform(
    name: str,
    kind: str | None,
    timeout_s: float,
    memory_bytes: int | None,
    plugins: PluginOptions,
    as_json: bool,
    quiet: bool,
) -> int:
    """Hold the plugin NAME to the rules of its kind, one check for each.

    NAME is a tokenizer, attention, corpus, metric or report, installed or in a --plugin file. Every check runs in
    another process: a crash, an exit and a hang are failed checks. The rules are listed in docs/testkit.md.

    Exits with 3 when a check failed.
    """
    from dataclasses import asdict

    from assay.report.tables import results as tables
    from assay.testkit.isolated_runner import examine

    settings = plugins.settings(timeout_s=timeout_s, memory_bytes=memory_bytes)
    showing = sys.stderr.isatty() and not quiet
    examined = examine(name, kind, settings, _warn, _show_check if showing else lambda check: None)
    if showing:
        _show_check("")
    if as_json:
        cells = {"name": examined.name, "kind": examined.kind, "origin": examined.origin}
        checks = [asdict(finding) for finding in examined.findings]
        click.echo(write({**cells, "conforms": examined.conforms, "checks": checks}))
    else:
        tables.write([_table(examined)])
    return 0 if examined.conforms else 3


def _warn(sentence: str) -> None:
    echo_stderr(f"assay: warning: {sentence}")


def _show_check(check: str) -> None:
    """Show on one line which check is being made; nothing wipes it out."""
    click.echo(f"\r{check:<40}\r", nl=False, err=True)


def _table(examined: ConformanceReport) -> Table:
    """A terminal has the remedies below, under the rule that is broken; a pipe has them in a column."""
    from assay.report.tables.results import Table

    broken = [finding for finding in examined.findings if finding.status == "failed"]
    counts = {status: sum(one.status == status for one in examined.findings) for status in ("ok", "failed", "skipped")}
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    drawn = sys.stdout.isatty()
    return Table(
        title=f"{examined.kind} {examined.name}, {examined.origin}",
        columns=("check", "result", "reason") if drawn else ("check", "result", "reason", "remedy"),
        rows=tuple(
            (one.check, one.status, one.reason or "", *(() if drawn else (one.remedy or "",)))
            for one in examined.findings
        ),
        notes=(*(f"{one.check}: {one.rule} What to do: {one.remedy}" for one in broken), told),
    )
