"""The tables of a run in reading order: summary tables over rows of several groups first, then the rows."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from assay.records.results import Measurement, Outcome
from assay.report.tables.attention_scaling import scaling_tables
from assay.report.tables.column_lookup import kind_of
from assay.report.tables.query import Query, ask, chosen
from assay.report.tables.results import Shape, Table, raw_tables, result_tables, shape_for, write
from assay.report.tables.summaries import grid_tables, limit_tables, summary_tables
from assay.report.tables.vocabulary_sweep import sweep_tables

EVERYTHING = Query()


def report_tables(measurements: Sequence[Measurement]) -> tuple[Table, ...]:
    """Return every table that a report of a run shows."""
    return (
        *summary_tables(measurements),
        *scaling_tables(measurements),
        *sweep_tables(measurements),
        *result_tables(measurements),
        *grid_tables(measurements),
    )


def show(outcome: Outcome, query: Query = EVERYTHING, shape: Shape | None = None) -> None:
    """Write results to standard output: rounded and with their summary tables for a person, raw as TSV."""
    shape = shape or shape_for(sys.stdout)
    write(shown_tables(outcome.measurements, query, raw=shape == "tsv"), shape=shape, warnings=outcome.warnings)


def shown_tables(measurements: Sequence[Measurement], query: Query, *, raw: bool) -> tuple[Table, ...]:
    """Return the tables of a run; where something is asked of its rows, of these alone.

    Summary tables are then left out: they would speak of a part as of the whole.
    """
    rows = ask(measurements, query)
    if query.columns:
        asked = chosen(measurements, query, given=("group", "status", "busy", "reason") if raw else ("status",))
        rows = tuple(row for row in rows if kind_of(row) in asked)
        return (raw_tables if raw else result_tables)(rows, lambda members: asked[kind_of(members[0])])
    if raw:
        return raw_tables(rows)
    if query:
        return (*result_tables(rows), *limit_tables(rows))
    return (*result_tables(rows), *summary_tables(rows), *scaling_tables(rows))
