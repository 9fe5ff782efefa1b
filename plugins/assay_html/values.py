"""Values of measured rows that can be drawn: numbers, their intervals, and both as text."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import assay


def rows_of(
    outcome: assay.Outcome, kind: type[assay.TokenizerCase] | type[assay.AttentionCase]
) -> list[assay.Measurement]:
    """Return the rows of one kind."""
    return [row for row in outcome.measurements if isinstance(row.case, kind)]


def number(row: assay.Measurement, metric: str) -> float | None:
    """Return a metric that can be drawn, or None."""
    value = row.value(metric)
    if value is None or isinstance(value, str) or not math.isfinite(value):
        return None
    return float(value)


def three(value: float) -> str:
    """Return three significant digits, without an exponent for everyday sizes."""
    if value >= 999.5:
        digits = len(f"{value:.0f}") - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"


def below_all(share: float) -> str:
    """Write a share below 1 in percent, with as many digits as keep it below 100."""
    digits = next((digits for digits in range(1, 12) if float(f"{share * 100:.{digits}f}") < 100), 12)
    return f"{share * 100:.{digits}f}%"


def plus_minus(exponent: float, half_width: float) -> str:
    """Write an exponent with half of its interval, rounded up."""
    return f"{exponent:.2f} ±{max(0.01, math.ceil(half_width * 100 - 1e-9) / 100):.2f}"


def between(
    row: assay.Measurement, low: str = "", high: str = "", *, spread: str = "", value: float = 0.0
) -> dict[str, object]:
    """Return the ends of an interval, from two metrics or as a share to both sides; nothing without one."""
    if spread:
        wide = number(row, spread)
        return {} if wide is None or wide >= 1 else {"low": value * (1 - wide), "high": value * (1 + wide)}
    ends = number(row, low), number(row, high)
    return {} if ends[0] is None or ends[1] is None else {"low": ends[0], "high": ends[1]}


def table(
    data: Sequence[Mapping[str, object]], fields: tuple[str, ...], pattern: str | Callable[[float], str]
) -> tuple[tuple[str, ...], ...]:
    """Return the data of a chart as text: names, figures, and the interval where there is one."""
    write = pattern.format if isinstance(pattern, str) else pattern

    def text(value: object) -> str:
        return write(value) if isinstance(value, int | float) else str(value)

    return tuple(
        (
            *(text(point[field]) for field in fields),
            f"{text(point['low'])} to {text(point['high'])}" if "low" in point else "",
        )
        for point in data
    )
