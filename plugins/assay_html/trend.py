"""The history of a metric as small drawings: a line over the runs, and a mark where it stepped."""

from __future__ import annotations

from dataclasses import dataclass

import assay
from assay_html.escape import short

WIDTH, HEIGHT, EDGE = 640.0, 120.0, 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A drawing of one series: places of its points in a box of 640 by 120, and what stands beside it."""

    name: str
    group: str
    metric: str
    clock: str
    line: str
    points: tuple[tuple[float, float, str], ...]
    steps: tuple[tuple[float, str], ...]
    rows: tuple[tuple[str, ...], ...]
    machine: str


def trend(series: assay.Series) -> Trend:
    """Place the points of a series by their order; texts have no line, and only a table."""
    values = [point.value for point in series.points]
    numbers = [float(value) for value in values if not isinstance(value, str)]
    places: list[tuple[float, float]] = []
    if len(numbers) == len(values) and numbers:
        low, high = min(numbers), max(numbers)
        room = (high - low) or 1.0
        across = (WIDTH - 2 * EDGE) / max(1, len(numbers) - 1)
        places = [
            (
                round(EDGE + index * across, 1),
                round(HEIGHT - EDGE - (number - low) / room * (HEIGHT - 2 * EDGE), 1) if high > low else HEIGHT / 2,
            )
            for index, number in enumerate(numbers)
        ]
    marks = {mark.index: mark for mark in series.marks}
    return Trend(
        name=short(series.plugin),
        group=short(series.group),
        metric=series.metric,
        clock={None: "", "cpu": " by CPU time", "wall": " by wall time"}[series.clock],
        line=" ".join(f"{x},{y}" for x, y in places),
        points=tuple(
            (x, y, f"{point.started}: {_text(point.value)}")
            for (x, y), point in zip(places, series.points, strict=False)
        ),
        steps=tuple((places[index][0], _change(mark)) for index, mark in marks.items() if index < len(places)),
        rows=tuple(
            (
                point.run,
                point.started,
                short(point.git or "-"),
                _text(point.value),
                _change(marks[index]) if index in marks else "",
            )
            for index, point in enumerate(series.points)
        ),
        machine=short(", ".join(series.machine.values())),
    )


def _text(value: float | str) -> str:
    return short(value) if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def _change(mark: assay.Mark) -> str:
    change = "changed" if mark.change is None else f"{mark.change:+.1%}"
    return short(f"{change}; {'; '.join(mark.differs)}" if mark.differs else change)
