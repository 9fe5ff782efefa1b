"""One measurement as one flat row, for JSON and for wide tables."""

from __future__ import annotations

from assay.records import Measurement, TokenizerCase, Value

Cells = dict[str, Value | None]


def row_of(run: str, measurement: Measurement) -> Cells:
    """One measurement as flat cells: what was measured, how it ended, and its metrics."""
    case = measurement.case
    cells: Cells = {"run": run, "case": case.id}
    if isinstance(case, TokenizerCase):
        cells |= {"tokenizer": case.tokenizer, "corpus": case.corpus, "split": case.split}
    else:
        cells |= {"attention": case.attention, "workload": case.workload.id}
    cells |= {
        "status": measurement.status.value,
        "reason": measurement.reason,
        "remedy": measurement.remedy,
        "expected": measurement.expected,
    }
    return cells | {metric.name: metric.value for metric in measurement.metrics}
