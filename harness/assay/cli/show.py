"""`assay show`."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from assay.cli import options
from assay.cli.echo import echo_stderr
from assay.records.json_document import write
from assay.records.name_list import split_names
from assay.records.results import Manifest, Outcome, Run
from assay.store.location import Location

if TYPE_CHECKING:
    from assay.report.tables.query import Query
    from assay.report.tables.results import Shape

COLUMNS = ("id", "state", "started", "suite", "planned", "ok", "failed", "skipped", "missing", "command")
DROP_ORDER = ("planned", "skipped", "suite", "missing", "command")


@click.command("show")
@click.argument("run", required=False)
@click.option("--runs", is_flag=True, help="List the runs instead.")
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="EXPR",
    help="Only rows that fit: NAME=GLOBS, NAME!=GLOBS, or NAME>NUMBER, also with <, >= and <=. Names are titles of"
    " columns, metrics, and kind, plugin, tokenizer, attention, corpus, split, workload, group, case, status, reason,"
    " remedy. May be repeated: rows must fit all.",
)
@click.option(
    "--sort",
    "order",
    multiple=True,
    metavar="NAME[:desc]",
    help="Sort the rows of each table; rows without a value come last. May be repeated, the first counts most.",
)
@click.option(
    "--columns",
    multiple=True,
    metavar="NAMES",
    help="Only these columns, comma-separated: titles, or any metric of docs/metrics.md.",
)
@click.option(
    "--as",
    "shape",
    type=click.Choice(["table", "tsv", "markdown"]),
    help="How tables are written.  [default: table on a terminal, tsv elsewhere]",
)
@options.results
@options.as_json
def show(
    run: str | None,
    runs: bool,
    filters: tuple[str, ...],
    order: tuple[str, ...],
    columns: tuple[str, ...],
    shape: Shape | None,
    results: Location,
    as_json: bool,
) -> int:
    """Show the results of a RUN again, by id or its beginning; the newest by default."""
    from assay.report.formats import run_json
    from assay.report.tables import results as tables
    from assay.report.tables import run_tables
    from assay.report.tables.code import code_table
    from assay.report.tables.query import Query
    from assay.store.store import Store

    names = tuple(name for part in columns for name in split_names(part))
    query = Query(filters=filters, sort=order, columns=names)
    _agree(query, columns, shape, runs=runs, as_json=as_json)
    with Store(results, read_only=True) as store:
        if runs:
            found = store.runs()
            if as_json:
                click.echo(write({"runs": [run_json.run_record(item, store.manifest(item.id)) for item in found]}))
                return 0
            rows = tuple(_listed(item, store.manifest(item.id)) for item in found)
            listed = tables.Table(
                title=f"runs in {store.location}",
                columns=COLUMNS,
                rows=rows,
                numeric=frozenset(COLUMNS[4:-1]),
                drop_order=DROP_ORDER,
                hint="--json has them",
            )
            tables.write([listed], shape=shape)
            return 0
        outcome = store.outcome(run, raw=False)
    if as_json:
        click.echo(run_json.of_outcome(_asked(outcome, query)))
    else:
        run_tables.show(outcome, query, shape)
        if outcome.codes and not query and (shape or tables.shape_for(sys.stdout)) != "tsv":
            tables.write([code_table(outcome)], shape=shape)
    record = outcome.run
    if query and not _asked(outcome, query).measurements:
        echo_stderr(f"no row of run {record.id} fits")
    if outcome.manifest.missing:
        remedy = f"go on with `assay run --resume {record.id}`"
        echo_stderr(f"run {record.id} is {record.state}: {outcome.manifest}; {remedy}")
    return 0


def _agree(query: Query, columns: tuple[str, ...], shape: Shape | None, *, runs: bool, as_json: bool) -> None:
    """Refuse options that mean nothing together."""
    if as_json and shape is not None:
        raise click.UsageError("--json is a format of its own: leave out --as")
    if runs and (query or columns):
        raise click.UsageError("--filter, --sort and --columns are of the rows of a run: leave out --runs")
    if columns and not query.columns:
        raise click.UsageError("--columns names no column")


def _asked(outcome: Outcome, query: Query) -> Outcome:
    """Return an outcome with the rows that are asked for, and of these the figures that are."""
    from assay.report.tables.query import ask, chosen, narrowed

    rows = ask(outcome.measurements, query)
    if query.columns:
        rows = narrowed(rows, chosen(outcome.measurements, query))
    return replace(outcome, measurements=rows)


def _listed(run: Run, manifest: Manifest) -> tuple[str, ...]:
    counts = (manifest.planned, manifest.ok, manifest.failed, manifest.skipped + manifest.unsupported, manifest.missing)
    return (run.id, run.state, run.started, run.suite, *map(str, counts), run.command)
