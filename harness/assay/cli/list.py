"""`assay list`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from assay.cli import options
from assay.cli.echo import echo_tables
from assay.cli.plugin_options import PluginOptions, takes_plugins_and_timeout
from assay.plugins.host import Host
from assay.plugins.types import (
    AttentionPlugin,
    CorpusPlugin,
    ExecutorPlugin,
    MetricPlugin,
    Provided,
    ReportPlugin,
    TokenizerPlugin,
)
from assay.records.json_document import write
from assay.report.text.table import Table

if TYPE_CHECKING:
    from assay.plugins.diagnosis import Standing

KINDS: dict[str, type[Provided]] = {
    "tokenizers": TokenizerPlugin,
    "attentions": AttentionPlugin,
    "corpora": CorpusPlugin,
    "metrics": MetricPlugin,
    "reports": ReportPlugin,
    "executors": ExecutorPlugin,
}
ON_A_PIPE = ("licence", "trained_on", "remedy", "announces", "needs")
TIMED = "import ms: each measured once in this process, in this order; what one has imported is free for those below"


@click.command("list")
@click.argument("kind", type=click.Choice([*KINDS, "suites", "all"]), default="all")
@options.variable_option(
    "-v",
    "--verbose",
    is_flag=True,
    help="List the plugins themselves too: origin, version, hooks, time to import, what they need and lack.",
)
@takes_plugins_and_timeout
@options.as_json
def list_(kind: str, verbose: bool, plugins: PluginOptions, as_json: bool) -> int:
    """List what is installed, what it lacks on this machine, and which plugins failed.

    `assay plugins why NAME` says of one why it can or cannot be used.
    """
    from assay.execute.suites import SUITES
    from assay.report.formats import run_json

    host = plugins.host()
    rows = {noun: [_provided(host, plugin) for plugin in host.every(of)] for noun, of in KINDS.items()}
    rows["suites"] = [{"name": suite.name, "version": str(suite.version), "summary": suite.summary} for suite in SUITES]
    chosen = {noun: found for noun, found in rows.items() if kind in (noun, "all")}
    failures = run_json.of_failures(host.failures)
    deprecated = [
        {"origin": str(each.origin), "uses": each.what, "until": each.until, "instead": each.instead}
        for each in host.deprecated
    ]
    standings: tuple[Standing, ...] = ()
    if verbose:
        from assay.plugins import diagnosis

        standings = diagnosis.standings(host)
    if as_json:
        details = {"plugins": [_full(each) for each in standings]} if verbose else {}
        click.echo(write({**chosen, **details, "failures": failures, "deprecated": deprecated}))
        return 0
    listed = [_table(noun, found) for noun, found in chosen.items() if found]
    if verbose:
        listed.append(_table("plugins", [_brief(each) for each in standings], numeric="import ms", notes=(TIMED,)))
    for title, found in (("plugins that failed", failures), ("plugins that use what will go", deprecated)):
        if found:
            listed.append(_table(title, found))
    echo_tables(*listed)
    return 0


def _provided(host: Host, plugin: Provided) -> dict[str, str]:
    missing = host.missing(plugin)
    form = {"suffix": plugin.suffix, "shows": ", ".join(plugin.shows)} if isinstance(plugin, ReportPlugin) else {}
    return {
        "name": plugin.name,
        "status": "ready" if missing is None else "missing",
        **form,
        "summary": plugin.summary,
        "origin": str(host.origin(plugin)),
        "licence": plugin.license,
        **({"trained_on": plugin.trained_on} if isinstance(plugin, TokenizerPlugin) else {}),
        "remedy": "" if missing is None else f"{missing.what}: {missing.remedy}",
    }


def _full(standing: Standing) -> dict[str, object]:
    origin, loaded = standing.origin, standing.loading
    return {
        "name": origin.entry_point,
        "status": standing.status,
        "origin": str(origin),
        "distribution": origin.distribution,
        "version": origin.version,
        "hooks": [] if loaded is None else list(dict.fromkeys(loaded.hooks)),
        "hooks_version": None if loaded is None else loaded.written_for,
        "import_ms": None if loaded is None else round(1000 * loaded.import_s, 3),
        "announces": [each.plugin.name for each in standing.announced],
        "needs": list(dict.fromkeys(text for each in standing.announced for text in each.plugin.requires)),
        "lacks": [
            {"name": each.plugin.name, "what": each.missing.what, "remedy": each.missing.remedy}
            for each in standing.announced
            if each.missing is not None
        ],
    }


def _brief(standing: Standing) -> dict[str, str]:
    origin, loaded = standing.origin, standing.loading
    hooks = () if loaded is None else dict.fromkeys(loaded.hooks)
    lacking = [each.plugin.name for each in standing.announced if each.missing is not None]
    return {
        "name": origin.entry_point,
        "status": standing.status,
        "distribution": origin.distribution or origin.path or "-",
        "version": origin.version or "-",
        "hooks": " ".join(hook.removeprefix("assay_") for hook in hooks) or "-",
        "written for": "-" if loaded is None else str(loaded.written_for or "unstated"),
        "import ms": "-" if loaded is None else f"{1000 * loaded.import_s:.1f}",
        "announces": " ".join(each.plugin.name for each in standing.announced),
        "needs": " ".join(dict.fromkeys(text for each in standing.announced for text in each.plugin.requires)),
        "lacks": f"{len(lacking)}/{len(standing.announced)}" if lacking else "-",
        "remedy": "" if not lacking else f"lacks what {len(lacking)} need: `assay plugins why {origin.block}`",
    }


def _table(title: str, rows: list[dict[str, str]], numeric: str = "", notes: tuple[str, ...] = ()) -> Table:
    """A terminal shows the columns that matter and the remedies below; a pipe and JSON have all."""
    shown = [name for name in (rows[0] if rows else {}) if not (sys.stdout.isatty() and name in ON_A_PIPE)]
    remedies = (f"{row.get('name', row.get('origin'))}: {row['remedy']}" for row in rows if row.get("remedy"))
    return Table(
        title=title,
        columns=tuple(shown),
        rows=tuple(tuple(row[name] for name in shown) for row in rows),
        numeric=frozenset({numeric}) & set(shown),
        notes=(*dict.fromkeys(remedies), *notes),
    )
