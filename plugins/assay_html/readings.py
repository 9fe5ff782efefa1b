"""Figures read from measured rows: numbers that can be drawn, and their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import assay


def rows_of(
    outcome: assay.Outcome, kind: type[assay.TokenizerCase] | type[assay.AttentionCase]
) -> list[assay.Measurement]:
    """Give the rows of one kind."""
    return [row for row in outcome.measurements if isinstance(row.case, kind)]


def number(row: assay.Measurement, metric: str) -> float | None:
    """Give a metric that can be drawn, or None."""
    value = row.value(metric)
    if value is None or isinstance(value, str) or not math.isfinite(value):
        return None
    return float(value)


def between(
    row: assay.Measurement, low: str = "", high: str = "", *, spread: str = "", value: float = 0.0
) -> dict[str, object]:
    """Give the ends of an interval, by the metrics that say them or as a share to both sides; nothing without one."""
    if spread:
        wide = number(row, spread)
        return {} if wide is None or wide >= 1 else {"low": value * (1 - wide), "high": value * (1 + wide)}
    ends = number(row, low), number(row, high)
    return {} if ends[0] is None or ends[1] is None else {"low": ends[0], "high": ends[1]}


def table(
    data: Sequence[Mapping[str, object]], fields: tuple[str, ...], form: str | Callable[[float], str]
) -> tuple[tuple[str, ...], ...]:
    """Give the data of a chart as text: names, figures, and the interval where there is one."""

    def text(value: object) -> str:
        if not isinstance(value, int | float):
            return str(value)
        return form.format(value) if isinstance(form, str) else form(float(value))

    return tuple(
        (
            *(text(point[field]) for field in fields),
            f"{text(point['low'])} to {text(point['high'])}" if "low" in point else "",
        )
        for point in data
    )
