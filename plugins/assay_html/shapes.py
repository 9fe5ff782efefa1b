"""The few shapes that charts are made of, as Vega-Lite specifications in plain dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import assay

COLOURS = assay.CHART_COLOURS
SERIES = tuple(COLOURS[f"c{number}"] for number in range(1, 9))
WIDTH = 430
Rows = Sequence[Mapping[str, object]]
Spec = dict[str, Any]


def dots(
    rows: Rows, *, x: str, y: str, title: str, colour: str | None = None, rule: Sequence[float] = (), **scale: object
) -> Spec:
    """Draw dots in lines of names, with the interval from `low` to `high` where a row has one; empty if `hollow`."""
    shared: Spec = {"y": {"field": y, "type": "nominal", "title": None, "sort": None}}
    if colour is not None:
        shared["color"] = hue(colour, rows)
    across = _axis(x, title, scale=scale or {"zero": False})
    layers: list[Spec] = [_rule(value) for value in rule]
    if any("low" in row for row in rows):
        layers.append(
            {
                "transform": [{"filter": "isValid(datum.low)"}],
                "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.55},
                "encoding": {**shared, "x": {**across, "field": "low"}, "x2": {"field": "high"}},
            }
        )
    drawn: Spec = {"mark": "point", "encoding": {**shared, "x": across}}
    if any("hollow" in row for row in rows):
        empty = {"type": "point", "filled": False, "strokeWidth": 1.8}
        layers.append({**drawn, "mark": empty, "transform": [{"filter": "isValid(datum.hollow)"}]})
        drawn["transform"] = [{"filter": "!isValid(datum.hollow)"}]
    layers.append(drawn)
    return {"width": WIDTH, "height": {"step": 19}, "data": {"values": list(rows)}, "layer": layers}


def lines(
    rows: Rows, *, x: str, y: str, colour: str, titles: tuple[str, str], ordinal: Sequence[str] | None = None
) -> Spec:
    """Draw lines over a length, both axes logarithmic, or over named steps; a band from `low` to `high`."""
    across: Spec = {"field": x, "title": titles[0]}
    across |= (
        {
            "type": "quantitative",
            "scale": {"type": "log", "base": 2, "nice": False},
            "axis": {"grid": False, "format": ",d"},
        }
        if ordinal is None
        else {
            "type": "ordinal",
            "sort": list(ordinal),
            "axis": {"labelAngle": 0, "labelExpr": "split(datum.label, ', ')"},
        }
    )
    up = _axis(y, titles[1], scale={"type": "log", "nice": False}, axis={"format": "~g", "tickCount": 5})
    shared = {"x": across, "color": hue(colour, rows)}
    band = {
        "transform": [{"filter": "isValid(datum.low)"}],
        "mark": {"type": "area", "opacity": 0.18},
        "encoding": {**shared, "y": {**up, "field": "low"}, "y2": {"field": "high"}},
    }
    drawn = {"mark": {"type": "line", "point": {"size": 28}}, "encoding": {**shared, "y": up}}
    layers = [band, drawn] if any("low" in row for row in rows) else [drawn]
    return {"width": WIDTH, "height": 260, "data": {"values": list(rows)}, "layer": layers}


def heat(rows: Rows, *, x: str, y: str, value: str, pattern: str = "", label: str = "") -> Spec:
    """Draw a grid of figures, tinted by size; the figures are written in it, or the two lines of their `label`."""
    text = {"field": label} if label else {"field": value, "format": pattern}
    shared = {
        "x": {"field": x, "type": "nominal", "title": None, "sort": None, "axis": {"labelAngle": -35, "orient": "top"}},
        "y": {"field": y, "type": "nominal", "title": None, "sort": None},
    }
    return {
        "width": WIDTH,
        "height": {"step": 36 if label else 24},
        "data": {"values": list(rows)},
        "layer": [
            {
                "mark": {"type": "rect", "color": COLOURS["bar"]},
                "encoding": {
                    **shared,
                    "opacity": {"field": value, "type": "quantitative", "legend": None, "scale": {"range": [0.12, 1]}},
                },
            },
            {"mark": {"type": "text", "dy": -6 if label else 0}, "encoding": {**shared, "text": text}},
        ],
    }


def scatter(
    rows: Rows,
    *,
    x: str,
    y: str,
    colour: str,
    titles: tuple[str, str],
    over: Sequence[Spec] = (),
    pattern: str = "~s",
    **scale: object,
) -> Spec:
    """Draw points on two axes, logarithmic unless told otherwise, with further layers under them.

    `pattern` is how the figures at both axes are written, in the notation of d3-format.
    """
    kind = {"type": "log", "nice": False, **scale}
    encoding = {
        "x": _axis(x, titles[0], scale=kind, axis={"grid": False, "format": pattern, "tickCount": 5}),
        "y": _axis(y, titles[1], scale=kind, axis={"format": pattern, "tickCount": 5}),
        "color": hue(colour, rows),
    }
    points: Spec = {"data": {"values": list(rows)}, "mark": "point", "encoding": encoding}
    return {"width": WIDTH, "height": 260, "layer": [*over, points]}


def polyline(points: Sequence[tuple[float, float]]) -> Spec:
    """Draw a dashed line through places of a scatter."""
    return {
        "data": {"values": [{"px": x, "py": y} for x, y in points]},
        "mark": {"type": "line", "strokeDash": [4, 3], "strokeWidth": 1.2, "color": COLOURS["ink-3"]},
        "encoding": {
            "x": {"field": "px", "type": "quantitative"},
            "y": {"field": "py", "type": "quantitative"},
        },
    }


def hue(field: str, rows: Rows) -> Spec:
    """Colour the first eight series, and leave the others grey."""
    names = list(dict.fromkeys(str(row[field]) for row in rows))
    colours = [SERIES[index] if index < len(SERIES) else COLOURS["ink-3"] for index in range(len(names))]
    return {"field": field, "type": "nominal", "sort": None, "scale": {"domain": names, "range": colours}}


def _axis(field: str, title: str, **more: object) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, **more}


def _rule(value: float) -> Spec:
    return {
        "data": {"values": [{"at": value}]},
        "mark": {"type": "rule", "strokeDash": [4, 3], "color": COLOURS["ink-3"]},
        "encoding": {"x": {"field": "at", "type": "quantitative"}},
    }
