"""Vocabulary size swept: how it changes tokens, unknown words and efficiency as a tokenizer may keep more entries."""

from __future__ import annotations

from collections.abc import Sequence

from assay.records.results import Measurement, Status
from assay.report.tables.columns import LOSS_NOTE, marked
from assay.report.tables.results import Table

FIGURES = (
    ("tokens", "tokens", "{:,.0f}"),
    ("bytes per token", "bytes_per_token", "{:.3f}"),
    ("unknown", "unknown_token_rate", "{:.2%}"),
    ("used", "vocabulary_utilisation", "{:.1%}"),
    ("Rényi, of used ids", "renyi_efficiency_used", "{:.3f}"),
    ("Rényi, of all ids", "renyi_efficiency_nominal", "{:.3f}"),
)


def sweep_tables(measurements: Sequence[Measurement]) -> tuple[Table, ...]:
    """Return a table for each text on which a family of tokenizers was measured at several vocabulary sizes."""
    groups: dict[str, list[Measurement]] = {}
    for row in measurements:
        if row.status is Status.OK and row.value("family") is not None:
            groups.setdefault(row.case.group, []).append(row)
    tables = (_sweep(group.partition("/")[2], rows) for group, rows in groups.items())
    return tuple(table for table in tables if table.rows)


def _sweep(subject: str, rows: Sequence[Measurement]) -> Table:
    sizes = sorted(rows, key=lambda row: (str(row.value("family")), int(row.value("vocabulary_size") or 0)))
    several = {family for family in map(_family, rows) if sum(_family(row) == family for row in rows) > 1}
    return Table(
        title=f"by vocabulary size: {subject}",
        columns=("family", "vocabulary", *(title for title, _, _ in FIGURES)),
        rows=tuple(
            (
                _family(row),
                f"{int(row.value('vocabulary_size') or 0):,}",
                *(_figure(row, metric, pattern) for _, metric, pattern in FIGURES),
            )
            for row in sizes
            if _family(row) in several
        ),
        numeric=frozenset(("vocabulary", *(title for title, _, _ in FIGURES))),
        notes=(LOSS_NOTE,) if any(row.loses_text for row in sizes if _family(row) in several) else (),
    )


def _family(row: Measurement) -> str:
    return str(row.value("family"))


def _figure(row: Measurement, metric: str, pattern: str) -> str:
    value = row.value(metric)
    return "-" if value is None or isinstance(value, str) else marked(row, metric, pattern.format(float(value)))
