"""CSV (RFC 4180): a row for each case of a run, for each figure, change or verdict, or value of a history."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields

from assay.records.flat_rows import Fact, facts_of
from assay.records.metric_catalogue import CATALOGUE, definition, of_plugins
from assay.records.report_data import Series
from assay.records.results import Measurement, Outcome, Run, Value
from assay.records.serialization import kind_of
from assay.records.verdicts import Change, Comparison, Judgement
from assay.report.formats.comparison_text import ordered
from assay.report.formats.history import points_of
from assay.report.tables.column_lookup import IDENTITY
from assay.report.text.escape import escape_csv

IS = ("case", "kind", "plugin", "tokenizer", "corpus", "split", "workload", "status", "busy", "reason", "remedy")
JUDGED = ("ratio", "low", "high", "wall_ratio", "clock", "epochs", "p_value", "more_s", "against", "reason", "remedy")
OF_CODE = ("distribution", "version", "code")
Row = Sequence[Value | None]


def write(columns: Row, rows: Iterable[Row]) -> str:
    """Write a header and the rows, separated by commas, with lines that end in CR LF. None is an empty cell."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerows([_cell(value) for value in row] for row in (columns, *rows))
    return stream.getvalue()


def of_run(outcome: Outcome) -> str:
    """Write what each row is, how it ended, of which code, and its metrics in the order of the catalogue."""
    metrics = [name for name in in_order(outcome.run, outcome.measurements) if name != "busy"]
    rows = []
    for row in outcome.measurements:
        identity = (row.value(name) if name == "busy" else next(iter(IDENTITY[name](row)), None) for name in IS)
        rows.append((outcome.run.id, *identity, row.expected, *_code(outcome, row), *map(row.value, metrics)))
    return write(("run", *IS, "expected", *OF_CODE, *metrics), rows)


def tidy_of_run(outcome: Outcome) -> str:
    """Write every figure of a run with its unit."""
    facts = (fact for row in outcome.measurements for fact in facts_of(outcome.run, row))
    return write(tuple(field.name for field in fields(Fact)), map(astuple, facts))


def of_comparison(comparison: Comparison) -> str:
    """Write the exact metrics that changed, then the verdicts on times, the worst first."""
    rows = (*map(_changed, comparison.changes), *map(_judged, ordered(comparison.judgements)))
    return write(("run", "cell", "metric", "verdict", "baseline", "candidate", "unit", *JUDGED), rows)


def of_history(series: Sequence[Series]) -> str:
    """Write every value with its run; `step` is the change of the level there, or says that a text changed."""
    rows: list[Row] = []
    for one, point, step in points_of(series):
        machine = ", ".join(f"{name}: {fact}" for name, fact in one.machine.items())
        head = (point.run, point.started, point.git, one.case, one.plugin, one.metric, point.value)
        rows.append((*head, _unit(one.metric, one.unit), step, point.environment, machine, one.clock))
    named = ("run", "started", "git", "case", "plugin", "metric", "value", "unit", "step")
    return write((*named, "environment", "machine", "clock"), rows)


def in_order(run: Run, rows: Sequence[Measurement]) -> tuple[str, ...]:
    """Return the names of the metrics of these rows, in the order of the catalogue; those of plugins come last.

    Of several with one definition (`encode_seconds`, `decode_seconds`) the first to occur comes first.
    """
    places = {known.name: place for place, known in enumerate((*CATALOGUE, *of_plugins(run)))}

    def place(name: str) -> int:
        known = definition(name, run)
        return len(places) if known is None else places[known.name]

    return tuple(sorted(dict.fromkeys(name for row in rows for name in row.metrics), key=place))


def _code(outcome: Outcome, row: Measurement) -> Row:
    """Return whose code a row is of, and its hash."""
    name, known = (kind_of(row.case), row.case.plugin), [code for code in outcome.codes if code.sha256 == row.code]
    code = next((code for code in known if (code.kind, code.name) == name), None)
    return (None, None, row.code) if code is None else (code.distribution, code.version, row.code)


def _cell(value: Value | None) -> str:
    """Return a figure with all its digits, a flag as True or False, and text escaped.

    What is not finite is an empty cell, as it is null in JSON: one word would turn a column of figures to text.
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return escape_csv(value) if isinstance(value, str) else str(value)


def _changed(change: Change) -> Row:
    values = (change.baseline, change.candidate, _unit(change.metric))
    return (change.run or None, change.case, change.metric, "changed", *values, *(None for _ in JUDGED))


def _judged(one: Judgement) -> Row:
    times = (one.baseline_s, one.candidate_s)
    unit = None if times == (None, None) else "s"
    return (one.run or None, one.cell, None, one.verdict.value, *times, unit, *(getattr(one, name) for name in JUDGED))


def _unit(metric: str, otherwise: str | None = None) -> str | None:
    known = definition(metric)
    return otherwise if known is None else known.unit
