"""How all charts look: quiet lines, and the colours of the reports by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

# The colours of the reports; `plugins/assay_html/assets/style.css` has the same.
LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#ffffff",
        "ink": "#16191d",
        "ink-2": "#454d57",
        "ink-3": "#5f6873",
        "line": "#d9dde3",
        "bar": "#b9d3f2",
        "good": "#136a3b",
        "bad": "#b01f2e",
        "warn": "#7d5200",
        "c1": "#0b62a8",
        "c2": "#a34700",
        "c3": "#00705a",
        "c4": "#8a3d87",
        "c5": "#7a5b00",
        "c6": "#b0264f",
        "c7": "#44607a",
        "c8": "#5c5c14",
    }
)
DARK: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#14171b",
        "ink": "#eceff3",
        "ink-2": "#b9c1cb",
        "ink-3": "#98a2ae",
        "line": "#343b44",
        "bar": "#2d4f78",
        "good": "#67cf95",
        "bad": "#ff8a8f",
        "warn": "#e8b75a",
        "c1": "#6cb6ff",
        "c2": "#ff9e64",
        "c3": "#4fd1a5",
        "c4": "#d7a1f9",
        "c5": "#e3c14b",
        "c6": "#ff8fab",
        "c7": "#a9bcd0",
        "c8": "#c5cb6b",
    }
)
# Stand-ins: each is the name of a colour of the page, for light and for dark. A drawing has the names, not these.
CHART_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "ink": "#010101",
        "ink-2": "#020202",
        "ink-3": "#030303",
        "line": "#040404",
        "paper": "#050505",
        "bar": "#060606",
        "good": "#070707",
        "bad": "#080808",
        "warn": "#090909",
        **{f"c{number}": f"#0{number}0c0{number}" for number in range(1, 9)},
    }
)
NAMES = {stand_in: name for name, stand_in in CHART_COLOURS.items()}
SERIES = tuple(CHART_COLOURS[f"c{number}"] for number in range(1, 9))
WIDTH = 430


def chart_theme(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole Vega-Lite specification: the theme of the reports, then what the chart says itself.

    Its colours are stand-ins, see `CHART_CHART_COLOURS`.
    """
    return {"config": dict(CONFIG), **spec}


def coloured(value: Any, palette: Mapping[str, str] = LIGHT) -> Any:
    """Return a specification with the colours of a palette in place of the stand-ins."""
    if isinstance(value, str):
        return palette.get(NAMES.get(value, ""), value)
    if isinstance(value, Mapping):
        return {name: coloured(part, palette) for name, part in value.items()}
    return [coloured(part, palette) for part in value] if isinstance(value, list | tuple) else value


CONFIG: Mapping[str, Any] = MappingProxyType(
    {
        "background": "transparent",
        "view": {"stroke": None},
        "axis": {
            "domainColor": CHART_COLOURS["line"],
            "tickColor": CHART_COLOURS["line"],
            "gridColor": CHART_COLOURS["line"],
            "labelColor": CHART_COLOURS["ink-2"],
            "titleColor": CHART_COLOURS["ink-2"],
            "titleFontWeight": "normal",
            "labelFontSize": 11,
            "titleFontSize": 11,
            "labelLimit": 180,
        },
        "header": {
            "labelColor": CHART_COLOURS["ink-2"],
            "titleColor": CHART_COLOURS["ink-2"],
            "labelFontSize": 11,
            "title": None,
        },
        "legend": {
            "labelColor": CHART_COLOURS["ink-2"],
            "titleColor": CHART_COLOURS["ink-2"],
            "title": None,
            "orient": "bottom",
            "columns": 3,
            "labelLimit": 150,
            "symbolType": "circle",
        },
        "range": {"category": list(SERIES)},
        "rule": {"color": CHART_COLOURS["ink-3"]},
        "text": {"color": CHART_COLOURS["ink"], "fontSize": 11},
        "bar": {"color": CHART_COLOURS["bar"]},
        "point": {"filled": True, "size": 45, "opacity": 1, "color": CHART_COLOURS["c1"]},
        "line": {"strokeWidth": 1.8},
    }
)
