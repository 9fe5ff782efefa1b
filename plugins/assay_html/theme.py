"""How all charts look: quiet lines, and the page's colours by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

# Stand-ins: each is the name of a colour of the page, for light and for dark. A drawing has the names, not these.
COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "ink": "#010101",
        "ink-2": "#020202",
        "ink-3": "#030303",
        "line": "#040404",
        "paper": "#050505",
        "bar": "#060606",
        **{f"c{number}": f"#0{number}0c0{number}" for number in range(1, 9)},
    }
)
SERIES = tuple(COLOURS[f"c{number}"] for number in range(1, 9))
WIDTH = 430


def themed(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole specification: the theme, then what the figure says itself."""
    return {"config": dict(CONFIG), **spec}


CONFIG: Mapping[str, Any] = MappingProxyType(
    {
        "background": "transparent",
        "view": {"stroke": None},
        "axis": {
            "domainColor": COLOURS["line"],
            "tickColor": COLOURS["line"],
            "gridColor": COLOURS["line"],
            "labelColor": COLOURS["ink-2"],
            "titleColor": COLOURS["ink-2"],
            "titleFontWeight": "normal",
            "labelFontSize": 11,
            "titleFontSize": 11,
            "labelLimit": 180,
        },
        "header": {"labelColor": COLOURS["ink-2"], "titleColor": COLOURS["ink-2"], "labelFontSize": 11, "title": None},
        "legend": {
            "labelColor": COLOURS["ink-2"],
            "titleColor": COLOURS["ink-2"],
            "title": None,
            "orient": "bottom",
            "columns": 3,
            "labelLimit": 150,
            "symbolType": "circle",
        },
        "range": {"category": list(SERIES)},
        "rule": {"color": COLOURS["ink-3"]},
        "text": {"color": COLOURS["ink"], "fontSize": 11},
        "bar": {"color": COLOURS["bar"]},
        "point": {"filled": True, "size": 45, "opacity": 1, "color": COLOURS["c1"]},
        "line": {"strokeWidth": 1.8},
    }
)
