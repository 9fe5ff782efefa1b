"""`assay conform`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from assay.cli import options
from assay.cli.echo import echo_tables, echo_warning
from assay.cli.plugin_options import PluginOptions, takes_plugins
from assay.records.json_document import write
from assay.report.text.table import Table

if TYPE_CHECKING:
    from assay.testkit.isolated_runner import ConformanceReport


@click.command("conform")
@click.argument("name")
@options.variable_option("--same-ids-as", metavar="B", help="Claim that NAME gives the ids of this tokenizer or file.")
@options.kind_of_plugin(help="What NAME is, where several kinds have one of that name.")
@options.timeout
@options.memory
@takes_plugins
@options.as_json
@options.quiet
def conform(
    name: str,
    same_ids_as: str | None,
    kind: str | None,
    timeout_s: float,
    memory_bytes: int | None,
    plugins: PluginOptions,
    as_json: bool,
    quiet: bool,
) -> int:
    """Hold the plugin NAME to the rules of its kind, one check for each.

    NAME is a tokenizer, attention, corpus, metric or report, installed or in a --plugin file, or the file of a
    tokenizer. Every check runs in
    another process: a crash, an exit and a hang are failed checks. The rules are listed in docs/testkit.md.

    Exits with 3 when a check failed.
    """
    from assay.execute.tokenizer_files import name_words
    from assay.testkit.isolated_runner import examine

    host = plugins.host()
    claims = () if same_ids_as is None else (f"{name}={same_ids_as}",)
    settings = plugins.settings(timeout_s=timeout_s, memory_bytes=memory_bytes, same_ids_as=claims)
    if kind in (None, "tokenizer"):
        (name,), settings = name_words(host, (name,), settings)
    showing = sys.stderr.isatty() and not quiet
    tick = _show_check if showing else lambda check: None
    examined = examine(name, kind, settings, echo_warning, tick, host)
    if showing:
        _show_check("")
    if as_json:
        cells = {"name": examined.name, "kind": examined.kind, "origin": examined.origin}
        checks = [asdict(finding) for finding in examined.findings]
        click.echo(write({**cells, "conforms": examined.conforms, "checks": checks}))
    else:
        echo_tables(_table(examined))
    return 0 if examined.conforms else 3


def _show_check(check: str) -> None:
    """Show on one line which check is being made; nothing wipes it out."""
    click.echo(f"\r{check:<40}\r", nl=False, err=True)


def _table(examined: ConformanceReport) -> Table:
    """A terminal has the remedies below, under the rule that is broken; a pipe has them in a column."""
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
