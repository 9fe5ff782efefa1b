"""One measurement as one flat row, for JSON and for wide tables, or as one fact for each figure, for tidy ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay.records.metric_catalogue import definition
from assay.records.results import Case, Measurement, Run, TokenizerCase, Value

Cells = dict[str, Value | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One figure of one case. `unit` is None where nobody knows it."""

    run: str
    case: str
    plugin: str
    metric: str
    value: Value
    unit: str | None


def row_of(run: str, measurement: Measurement) -> Cells:
    """Return one measurement as flat cells: what was measured, how it ended, and its metrics.

    `busy` stands beside the status, None where nothing was timed.
    """
    case = measurement.case
    cells: Cells = {"run": run, "case": case.id, **names_of(case)}
    cells |= {
        "status": measurement.status.value,
        "busy": measurement.value("busy"),
        "reason": measurement.reason,
        "remedy": measurement.remedy,
        "expected": measurement.expected,
        "code": measurement.code,
    }
    return cells | dict(measurement.metrics)


def names_of(case: Case) -> dict[str, str]:
    """Return what names a case: tokenizer, corpus and split, or attention and workload."""
    if isinstance(case, TokenizerCase):
        return {"tokenizer": case.tokenizer, "corpus": case.corpus, "split": case.split}
    return {"attention": case.attention, "workload": case.workload.id}


def facts_of(run: Run, measurement: Measurement) -> Iterator[Fact]:
    """Return the figures of one measurement, each with its unit."""
    case, plugin = measurement.case.id, measurement.case.plugin
    for metric, value in measurement.metrics.items():
        known = definition(metric, run)
        unit = None if known is None else known.unit
        yield Fact(run=run.id, case=case, plugin=plugin, metric=metric, value=value, unit=unit)
