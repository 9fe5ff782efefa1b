"""Charts drawn by matplotlib, where vl-convert is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from textwrap import wrap
from typing import Any

from assay.report.charts.panels import HEIGHT, MOST_TICKS, WIDTH, Dot, Panel, colours_of, label_places, shortened
from assay.report.charts.theme import SERIES, coloured


def draw(title: str, panels: Sequence[Panel], form: str) -> bytes:
    """Draw panels one below the other as `svg` or `png`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / 60, HEIGHT * len(panels) / 60), layout="constrained")
    figure.suptitle(title, x=0.02, ha="left")
    hues = colours_of([dot for panel in panels for dot in panel.dots])
    for place, panel in enumerate(panels, start=1):
        _panel(figure.add_subplot(len(panels), 1, place), panel, hues)
    content = BytesIO()
    figure.savefig(content, format=form, dpi=110)
    return content.getvalue()


def _panel(axes: Any, panel: Panel, hues: Mapping[str, str]) -> None:
    axes.set_title("\n".join(wrap(panel.title, 80)[:2]), loc="left", fontsize=9)
    axes.set_xlabel(panel.x_title)
    axes.set_ylabel("" if panel.in_rows else panel.y_title)
    axes.margins(x=0.12)
    for dot in panel.dots:
        _dot(axes, dot, coloured(SERIES[0] if panel.in_rows else hues[dot.name]))
    for name in dict.fromkeys(dot.name for dot in panel.dots if panel.lines):
        own = [dot for dot in panel.dots if dot.name == name]
        axes.plot([dot.x for dot in own], [dot.y for dot in own], color=coloured(hues[name]))
    if panel.rule is not None:
        (axes.axvline if panel.in_rows else axes.axhline)(panel.rule, linestyle="--", color="grey", linewidth=1)
    for name, spot in ({} if panel.in_rows else label_places(panel)).items():
        axes.annotate(shortened(name), spot, xytext=(6, 0), textcoords="offset points", fontsize=8, va="center")
    if panel.in_rows:
        axes.invert_yaxis()
    _scales(axes, panel)


def _scales(axes: Any, panel: Panel) -> None:
    """Set logarithmic axes, with plain numbers beside them, and the lengths that there are."""
    plain = "{x:,g}".format
    for axis, log, set_scale in (
        (axes.xaxis, panel.x_log, axes.set_xscale),
        (axes.yaxis, panel.y_log, axes.set_yscale),
    ):
        if log:
            set_scale("log")
            axis.set_major_formatter(lambda x, _: plain(x=x))
            axis.set_minor_formatter(lambda x, _: plain(x=x) if f"{x:e}"[0] in "235" else "")
    if panel.lines:
        ticks = sorted({dot.x for dot in panel.dots})[-MOST_TICKS:]
        axes.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
        axes.set_xticks([], minor=True)


def _dot(axes: Any, dot: Dot, colour: str) -> None:
    bars = {}
    if dot.y is None:
        bars["xerr"] = _ends(dot.x, dot.low, dot.high)
    else:
        bars |= {"xerr": _ends(dot.x, dot.x_low, dot.x_high), "yerr": _ends(dot.y, dot.low, dot.high)}
    y: Any = shortened(dot.name) if dot.y is None else dot.y
    face = "none" if dot.hollow else colour
    axes.errorbar([dot.x], [y], fmt="o", color=colour, markerfacecolor=face, markersize=5, **bars)


def _ends(middle: float, low: float | None, high: float | None) -> list[list[float]] | None:
    return None if low is None or high is None else [[middle - low], [high - middle]]
