"""`assay run --dry-run`: what would be done, and what it would take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assay.execute.settings import Settings
    from assay.host import Host
    from assay.plan import Selection


def show(host: Host, selection: Selection, settings: Settings, *, as_json: bool, quiet: bool) -> int:
    """Plan a run, count some documents of each corpus of shards, and tell it all; nothing is stored."""
    from assay import document, tables
    from assay.job import foresee
    from assay.present import planning
    from assay.progress import Line

    with Line(quiet=quiet) as line:
        cases, forecasts = foresee(host, selection, settings, line.say)
    if as_json:
        click.echo(document.write(planning.document_of(cases, forecasts)))
    else:
        tables.write(planning.tables_of(cases, forecasts, settings.budget_s))
    return 0
