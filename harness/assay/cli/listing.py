"""`assay list`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from assay.cli import options
from assay.contracts import AttentionPlugin, CorpusPlugin, Provided, TokenizerPlugin

if TYPE_CHECKING:
    from assay.tables import Table

KINDS: dict[str, type[Provided]] = {
    "tokenizers": TokenizerPlugin,
    "attentions": AttentionPlugin,
    "corpora": CorpusPlugin,
}


@click.command("list")
@click.argument("kind", type=click.Choice([*KINDS, "suites", "all"]), default="all")
@options.plugins
@options.block
@options.as_json
def list_(kind: str, plugins: tuple[str, ...], block: tuple[str, ...], as_json: bool) -> int:
    """List what is installed, what it lacks on this machine, and which plugins failed."""
    from assay import document, tables
    from assay.discovery import discover
    from assay.suites import SUITES

    host = discover(plugins, block)
    rows: dict[str, list[dict[str, str]]] = {}
    for noun, descriptor in KINDS.items():
        rows[noun] = []
        for plugin in host.every(descriptor):
            missing = host.missing(plugin)
            rows[noun].append(
                {
                    "name": plugin.name,
                    "status": "ready" if missing is None else "missing",
                    "summary": plugin.summary,
                    "origin": str(host.origin(plugin)),
                    "licence": plugin.licence,
                    "remedy": "" if missing is None else f"{missing.what}: {missing.remedy}",
                }
            )
    rows["suites"] = [{"name": suite.name, "version": str(suite.version), "summary": suite.summary} for suite in SUITES]
    chosen = {noun: found for noun, found in rows.items() if kind in (noun, "all")}
    failures = document.of_failures(host.failures)
    if as_json:
        click.echo(document.write({**chosen, "failures": failures}))
        return 0
    listed = [*chosen.items(), ("plugins that failed", failures)]
    tables.write(_table(noun, found) for noun, found in listed if found)
    return 0


def _table(title: str, rows: list[dict[str, str]]) -> Table:
    """A terminal shows the columns that matter and the remedies below; a pipe and JSON have all."""
    from assay.tables import Table

    shown = [name for name in (rows[0] if rows else {}) if not (sys.stdout.isatty() and name in ("licence", "remedy"))]
    return Table(
        title=title,
        columns=tuple(shown),
        rows=tuple(tuple(row[name] for name in shown) for row in rows),
        notes=tuple(f"{row.get('name', row.get('origin'))}: {row['remedy']}" for row in rows if row.get("remedy")),
    )
