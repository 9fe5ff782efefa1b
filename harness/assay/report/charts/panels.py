"""Panels of dots as Vega-Lite: dots on two axes with their names beside them, lines, or dots in lines of names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from assay.report.charts.theme import CHART_COLOURS, SERIES
from assay.report.text.escape import escape_xml

WIDTH, HEIGHT, STEP = 430, 260, 20
NEAR = 13  # pixels between two names at least
LONGEST = 60
MOST_TICKS = 12
Spec = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A dot at (x, y), with its interval of y; without y it stands in a line of its own, and the interval is of x.

    A `hollow` one is of a row that is not to be compared as it is, such as one that loses text.
    """

    name: str
    x: float
    y: float | None = None
    low: float | None = None
    high: float | None = None
    x_low: float | None = None
    x_high: float | None = None
    hollow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A part of a chart with axes of its own. `rule` is a dashed line at the value of no change."""

    title: str
    x_title: str
    y_title: str
    dots: tuple[Dot, ...]
    x_log: bool = False
    y_log: bool = False
    lines: bool = False
    rule: float | None = None

    @property
    def in_rows(self) -> bool:
        """Whether each name has a line of its own."""
        return all(dot.y is None for dot in self.dots)


def panel_spec(panel: Panel, hues: Mapping[str, str]) -> Spec:
    """Return a panel as Vega-Lite; the colours of its names are stand-ins, and the same in all panels of a chart."""
    rows = [_row(dot) for dot in panel.dots]
    across, up = _axis("x", panel.x_title, log=panel.x_log), _axis("y", panel.y_title, log=panel.y_log)
    if panel.lines:
        across["axis"] |= {"values": sorted({dot.x for dot in panel.dots})[-MOST_TICKS:], "format": ",d"}
    if panel.in_rows:
        up = {"field": "name", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 360}}
    shared = {"x": across, "y": up}
    if not panel.in_rows:
        scale = {"domain": [*map(shortened, hues)], "range": [*hues.values()]}
        shared["color"] = {"field": "name", "type": "nominal", "sort": None, "legend": None, "scale": scale}
    value, other = ("x", across) if panel.in_rows else ("y", up)
    layers: list[Spec] = [] if panel.rule is None else [_rule(value, panel.rule)]
    layers.append(_interval(shared, value, other, "low", "high"))
    layers.append(_interval(shared, "x", across, "x_low", "x_high"))
    if panel.lines:
        layers.append({"mark": "line", "encoding": shared})
    empty = {"type": "point", "filled": False, "strokeWidth": 1.8}
    layers.append({"transform": [{"filter": "datum.hollow"}], "mark": empty, "encoding": shared})
    layers.append({"transform": [{"filter": "!datum.hollow"}], "mark": "point", "encoding": shared})
    if not panel.in_rows:
        layers.append(_names(panel, shared))
    size: Spec = {"width": WIDTH, "height": {"step": STEP} if panel.in_rows else HEIGHT}
    title: Spec = {
        "text": wrap(escape_xml(panel.title), 80)[:2],
        "fontSize": 11,
        "fontWeight": "normal",
        "anchor": "start",
    }
    return {**size, "title": title | {"color": CHART_COLOURS["ink-2"]}, "data": {"values": rows}, "layer": layers}


def shortened(text: str) -> str:
    """Return a name that a chart can hold."""
    text = escape_xml(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 20]}…{text[-18:]}"


def colours_of(dots: Sequence[Dot]) -> Mapping[str, str]:
    """Return a colour for each name: the first eight have their own, the others are grey."""
    names = list(dict.fromkeys(dot.name for dot in dots))
    grey = CHART_COLOURS["ink-3"]
    return {name: SERIES[place] if place < len(SERIES) else grey for place, name in enumerate(names)}


def label_places(panel: Panel) -> dict[str, tuple[float, float]]:
    """Return where each name stands: at its last dot, and as far up that it covers no other name."""
    last = {dot.name: dot for dot in panel.dots if dot.y is not None}
    ends = [math.log(y) if panel.y_log else y for dot in panel.dots if (y := dot.y) is not None]
    low, height = min(ends), max(ends) - min(ends) or 1.0
    free = -math.inf
    found = {}
    for name, dot in sorted(last.items(), key=lambda item: item[1].y or 0.0):
        y = dot.y or 0.0
        place = ((math.log(y) if panel.y_log else y) - low) / height * HEIGHT
        free = max(place, free + NEAR)
        up = low + free / HEIGHT * height
        found[name] = (dot.x, math.exp(up) if panel.y_log else up)
    return found


def _row(dot: Dot) -> Spec:
    values = {"x": dot.x, "y": dot.y, "low": dot.low, "high": dot.high, "x_low": dot.x_low, "x_high": dot.x_high}
    known = {name: value for name, value in values.items() if value is not None}
    return {"name": shortened(dot.name), **known, "hollow": dot.hollow}


def _axis(field: str, title: str, *, log: bool) -> Spec:
    scale = {"type": "log", "nice": False, "padding": 12} if log else {"zero": False, "padding": 12}
    axis = {"format": ",~r", "tickCount": 6, "grid": field == "y"}
    return {"field": field, "type": "quantitative", "title": title, "scale": scale, "axis": axis}


def _rule(field: str, value: float) -> Spec:
    mark = {"type": "rule", "strokeDash": [4, 3], "color": CHART_COLOURS["ink-3"]}
    return {
        "data": {"values": [{"at": value}]},
        "mark": mark,
        "encoding": {field: {"field": "at", "type": "quantitative"}},
    }


def _interval(shared: Spec, field: str, axis: Spec, low: str, high: str) -> Spec:
    return {
        "transform": [{"filter": f"isValid(datum.{low}) && isValid(datum.{high})"}],
        "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.5, "color": SERIES[0]},
        "encoding": {**shared, field: {**axis, "field": low}, f"{field}2": {"field": high}},
    }


def _names(panel: Panel, shared: Spec) -> Spec:
    rows = [{"name": shortened(name), "x": x, "y": y} for name, (x, y) in label_places(panel).items()]
    mark = {"type": "text", "align": "left", "dx": 8, "fontSize": 11}
    return {"data": {"values": rows}, "mark": mark, "encoding": {**shared, "text": {"field": "name"}}}
