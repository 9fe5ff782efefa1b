"""The history of a metric as tables with small drawings, and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise

from assay.records.json_document import write
from assay.records.metric_catalogue import definition
from assay.records.report_data import Mark, Point, Series
from assay.records.results import Value
from assay.records.verdicts import Change
from assay.report.formats.comparison_text import unwrapped, value_text, values
from assay.report.tables.results import Table
from assay.report.text.escape import can_show
from assay.report.text.significant_digits import three

BLOCKS, ASCII = "▁▂▃▄▅▆▇█", "_.:-=+*#"
WIDEST = 24
LEAST_RANGE = 0.2  # of the median: noise of a few percent is not drawn as mountains


def marks_for(encoding: str | None) -> str:
    """Return the eight marks of a drawing, from low to high, that an output of this encoding can show."""
    return BLOCKS if can_show(BLOCKS, encoding or "ascii") else ASCII


def tables_of(series: Sequence[Series], marks: str = BLOCKS) -> tuple[Table, ...]:
    """Return one table for each machine, group of cases and clock, with the steps below it."""
    machines = _machines(series)
    groups: dict[tuple[int, str, str], list[Series]] = {}
    for one in series:
        groups.setdefault((machines.index(one.machine), one.group, clock_words(one)), []).append(one)
    return tuple(
        Table(
            title=f"{members[0].metric}{clock}: {group}" + (f", machine {number + 1}" if len(machines) > 1 else ""),
            columns=(group.partition("/")[0], "history", "runs", "first", "last", "lowest", "highest"),
            rows=tuple(_row(one, marks) for one in members),
            numeric=frozenset(("runs", "first", "last", "lowest", "highest")),
            notes=tuple(_notes(members, f"machine {number + 1}: " if len(machines) > 1 else "on ")),
        )
        for (number, group, clock), members in sorted(groups.items(), key=lambda item: item[0][0])
    )


def raw_tables(series: Sequence[Series]) -> tuple[Table, ...]:
    """Return one table with a row for each run and case, for a program; the step is the change of the level there."""
    columns = ("case", "metric", "run", "started", "git", "value", "step", "machine", "environment", "clock")
    rows = []
    for one, point, step in points_of(series):
        head = (one.case, one.metric, point.run, point.started, point.git or "", str(point.value))
        rows.append(
            (*head, "" if step is None else str(step), _described(one.machine), point.environment, one.clock or "")
        )
    return (Table(title="history", columns=columns, rows=tuple(rows)),) if rows else ()


def points_of(series: Sequence[Series]) -> Iterator[tuple[Series, Point, float | str | None]]:
    """Yield every point with its series and the step there: the change of the level, or that a text changed."""
    for one in series:
        steps = {mark.index: "changed" if mark.change is None else mark.change for mark in one.marks}
        yield from ((one, point, steps.get(index)) for index, point in enumerate(one.points))


def clock_words(one: Series) -> str:
    """Return the clock of a series as words that follow the metric; nothing where there is only one meaning."""
    return {None: "", "cpu": " by CPU time", "wall": " by wall time"}[one.clock]


def metrics_of(series: Sequence[Series]) -> str:
    """Return the names of the metrics of some series."""
    return ", ".join(dict.fromkeys(one.metric for one in series))


def as_json(metric: str, series: Sequence[Series]) -> str:
    """Write the series of a metric, with their steps."""
    known = definition(metric)
    unit = known.unit if known else next((one.unit for one in series if one.unit), None)
    content = [asdict(one) | {"steps": [_step(one, mark) for mark in one.marks]} for one in series]
    for one in content:
        del one["marks"]
    return write({"metric": metric, "unit": unit, "series": content})


def spark(values: Sequence[float], marks: str = BLOCKS, *, least: float = LEAST_RANGE) -> str:
    """Draw values as a line of at most 24 marks, each the median of its share of them.

    The range is from the lowest to the highest mark, and at least `least` of the median.
    """
    count = min(WIDEST, len(values))
    edges = [round(index * len(values) / count) for index in range(count + 1)] if count else []
    shown = [statistics.median(values[start:end]) for start, end in pairwise(edges)]
    if not shown:
        return ""
    middle, height = (min(shown) + max(shown)) / 2, max(max(shown) - min(shown), least * abs(statistics.median(shown)))
    top = len(marks) - 1
    return "".join(marks[round(top * ((value - middle) / height + 0.5)) if height else top // 2] for value in shown)


def _row(one: Series, marks: str) -> tuple[str, ...]:
    found = [point.value for point in one.points]
    numbers = [value for value in found if not isinstance(value, str)]
    whole = len(numbers) == len(found)
    ends = (_text(one, min(numbers)), _text(one, max(numbers))) if whole else ("-", "-")
    drawn = spark(numbers, marks, least=0.0 if one.exact else LEAST_RANGE) if whole else "-"
    figures = (drawn, str(len(found)), _text(one, found[0]), _text(one, found[-1]), *ends)
    return tuple(map(unwrapped, (one.plugin, *figures)))


def _notes(members: Sequence[Series], place: str) -> Iterator[str]:
    for one in members:
        for mark in one.marks:
            point = one.points[mark.index]
            more = [*([f"git {point.git}"] if point.git else []), *mark.differs]
            known = f" ({'; '.join(more)})" if more else ""
            yield f"{one.plugin}: {_change(one, mark)} at run {point.run}{known}"
    yield f"{place}{_described(members[0].machine)}"


def _change(one: Series, mark: Mark) -> str:
    before, after = one.points[mark.index - 1].value, one.points[mark.index].value
    if one.exact or mark.change is None:
        return " -> ".join(values(Change(case=one.case, metric=one.metric, baseline=before, candidate=after)))
    return f"{mark.change * 100:+,.3g} %"


def _text(one: Series, value: Value) -> str:
    """Return a value that is exact with six digits, one that was timed with three."""
    return value_text(value) if one.exact or isinstance(value, str) else three(float(value))


def _step(one: Series, mark: Mark) -> Mapping[str, object]:
    point = one.points[mark.index]
    return {"run": point.run, "git": point.git} | asdict(mark)


def _machines(series: Sequence[Series]) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = []
    for one in series:
        if one.machine not in found:
            found.append(one.machine)
    return found


def _described(machine: Mapping[str, str]) -> str:
    facts = [f"{fact} cores" if name == "cores" else fact for name, fact in machine.items()]
    return ", ".join(facts) or "an unknown machine"
