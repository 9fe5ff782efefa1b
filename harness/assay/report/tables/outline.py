"""The tables of a whole run in reading order: what rows come to together first, then the rows."""

from __future__ import annotations

from collections.abc import Sequence

from assay.records.results import Measurement
from assay.report.tables.attention_scaling import scaling_tables
from assay.report.tables.results import Table, result_tables
from assay.report.tables.summaries import finding_tables, grid_tables
from assay.report.tables.vocabulary_sweep import sweep_tables


def report_tables(measurements: Sequence[Measurement]) -> tuple[Table, ...]:
    """Give every table that a report of a run shows."""
    return (
        *finding_tables(measurements),
        *scaling_tables(measurements),
        *sweep_tables(measurements),
        *result_tables(measurements),
        *grid_tables(measurements),
    )
