"""The tables of a whole run in reading order: what rows come to together first, then the rows."""

from __future__ import annotations

from collections.abc import Sequence

from assay.findings import finding_tables, grid_tables
from assay.records import Measurement
from assay.scaling import scaling_tables
from assay.sweep import sweep_tables
from assay.tables import Table, result_tables


def report_tables(measurements: Sequence[Measurement]) -> tuple[Table, ...]:
    """Give every table that a report of a run shows."""
    return (
        *finding_tables(measurements),
        *scaling_tables(measurements),
        *sweep_tables(measurements),
        *result_tables(measurements),
        *grid_tables(measurements),
    )
