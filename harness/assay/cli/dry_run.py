"""`assay run --dry-run`: what would be done, and what it would take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assay.cli.echo import echo_tables
from assay.records.json_document import write

if TYPE_CHECKING:
    from assay.cli.request import CommandRequest
    from assay.plugins.host import Host


def show(host: Host, request: CommandRequest) -> int:
    """Plan a run, count some documents of each corpus of shards, and show it all; nothing is stored."""
    from assay.cli.progress import StatusLine
    from assay.execute.job import estimate_cost
    from assay.report.formats import plan

    with StatusLine(quiet=request.quiet) as line:
        cases, estimates = estimate_cost(host, request.selection, request.settings, line.echo)
    if request.as_json:
        click.echo(write(plan.document_of(cases, estimates)))
    else:
        echo_tables(*plan.tables_of(cases, estimates, request.settings.budget_s))
    return 0
