"""The tables that CSV holds: a row for each case of a run, for each figure, change, verdict or value of a history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields

from assay.records.flat_rows import Fact, facts_of
from assay.records.metric_catalogue import CATALOGUE, definition, of_plugins
from assay.records.report_data import Series
from assay.records.results import Measurement, Outcome, Run, Value
from assay.records.verdicts import Change, Comparison, Judgement
from assay.report.formats.comparison_text import ordered
from assay.report.formats.csv import Sheet
from assay.report.tables.column_lookup import IDENTITY

IS = ("case", "kind", "plugin", "tokenizer", "corpus", "split", "workload", "status", "reason", "remedy")
JUDGED = ("ratio", "low", "high", "wall_ratio", "clock", "epochs", "p_value", "more_s", "against", "reason", "remedy")
CHANGED = "changed"


def of_run(outcome: Outcome) -> Sheet:
    """Give what each row is, how it ended, and its metrics: a column for each, in the order of the catalogue."""
    metrics = in_order(outcome.run, outcome.measurements)
    rows = []
    for row in outcome.measurements:
        identity = (next(iter(IDENTITY[name](row)), None) for name in IS)
        rows.append((outcome.run.id, *identity, row.expected, *map(row.value, metrics)))
    return Sheet(columns=("run", *IS, "expected", *metrics), rows=tuple(rows))


def tidy_of_run(outcome: Outcome) -> Sheet:
    """Give every figure of a run with its unit."""
    facts = (fact for row in outcome.measurements for fact in facts_of(outcome.run, row))
    return Sheet(columns=tuple(field.name for field in fields(Fact)), rows=tuple(map(astuple, facts)))


def of_comparison(comparison: Comparison) -> Sheet:
    """Give the exact metrics that changed, then the verdicts on times, the worst first."""
    rows = (*map(_changed, comparison.changes), *map(_judged, ordered(comparison.judgements)))
    columns = ("run", "cell", "metric", "verdict", "baseline", "candidate", "unit", *JUDGED)
    return Sheet(columns=columns, rows=rows)


def of_history(series: Sequence[Series]) -> Sheet:
    """Give every value with its run; `step` is the change of the level there, or says that a text changed."""
    rows: list[tuple[Value | None, ...]] = []
    for one in series:
        stepped = {mark.index: CHANGED if mark.change is None else mark.change for mark in one.marks}
        machine = ", ".join(f"{name}: {fact}" for name, fact in one.machine.items())
        for index, point in enumerate(one.points):
            head = (point.run, point.started, point.git, one.case, one.plugin, one.metric, point.value)
            rows.append((*head, _unit(one.metric, one.unit), stepped.get(index), point.environment, machine))
    columns = ("run", "started", "git", "case", "plugin", "metric", "value", "unit", "step", "environment", "machine")
    return Sheet(columns=columns, rows=tuple(rows))


def in_order(run: Run, rows: Sequence[Measurement]) -> tuple[str, ...]:
    """Give the names of the metrics that these rows have, in the order of the catalogue; those of plugins come last.

    Of several with one definition (`encode_seconds`, `decode_seconds`) the first to occur comes first.
    """
    places = {known.name: place for place, known in enumerate((*CATALOGUE, *of_plugins(run)))}

    def place(name: str) -> int:
        known = definition(name, run)
        return len(places) if known is None else places[known.name]

    return tuple(sorted(dict.fromkeys(name for row in rows for name in row.metrics), key=place))


def _changed(change: Change) -> tuple[Value | None, ...]:
    values = (change.baseline, change.candidate, _unit(change.metric))
    return (change.run or None, change.case, change.metric, CHANGED, *values, *(None for _ in JUDGED))


def _judged(one: Judgement) -> tuple[Value | None, ...]:
    times = (one.baseline_s, one.candidate_s)
    unit = None if times == (None, None) else "s"
    return (one.run or None, one.cell, None, one.verdict.value, *times, unit, *(getattr(one, name) for name in JUDGED))


def _unit(metric: str, otherwise: str | None = None) -> str | None:
    known = definition(metric)
    return otherwise if known is None else known.unit
