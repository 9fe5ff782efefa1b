"""`assay run --dry-run`: what would be done, and what it would take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assay.records.json_document import write

if TYPE_CHECKING:
    from assay.execute.plan import Selection
    from assay.plugins.host import Host
    from assay.records.settings import Settings


def show(host: Host, selection: Selection, settings: Settings, *, as_json: bool, quiet: bool) -> int:
    """Plan a run, count some documents of each corpus of shards, and tell it all; nothing is stored."""
    from assay.cli.progress import Line
    from assay.execute.job import foresee
    from assay.report.formats import plan as planning
    from assay.report.tables import results as tables

    with Line(quiet=quiet) as line:
        cases, forecasts = foresee(host, selection, settings, line.say)
    if as_json:
        click.echo(write(planning.document_of(cases, forecasts)))
    else:
        tables.write(planning.tables_of(cases, forecasts, settings.budget_s))
    return 0
