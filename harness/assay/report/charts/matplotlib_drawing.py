"""Charts drawn by matplotlib, where vl-convert is missing."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from textwrap import wrap
from typing import Any

from assay.report.charts.panels import HEIGHT, WIDTH, Panel, colours_of, label_places, shortened
from assay.report.charts.theme import coloured


def draw(title: str, panels: Sequence[Panel], form: str) -> bytes:
    """Draw panels one below the other as `svg` or `png`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / 72, HEIGHT * len(panels) / 60), layout="constrained")
    figure.suptitle(title, x=0.02, ha="left")
    for place, panel in enumerate(panels):
        _panel(figure.add_subplot(len(panels), 1, place + 1), panel)
    content = BytesIO()
    figure.savefig(content, format=form, dpi=110)
    return content.getvalue()


def _panel(axes: Any, panel: Panel) -> None:
    axes.set_title("\n".join(wrap(panel.title, 80)[:2]), loc="left", fontsize=9)
    axes.set_xlabel(panel.x_title)
    axes.set_ylabel("" if panel.in_rows else panel.y_title)
    if panel.x_log:
        axes.set_xscale("log")
    if panel.y_log:
        axes.set_yscale("log")
    for name, stand_in in colours_of(panel.dots).items():
        dots = [dot for dot in panel.dots if dot.name == name]
        colour = coloured(stand_in)
        for dot in dots:
            y: Any = shortened(dot.name) if dot.y is None else dot.y
            ends = {"xerr": (dot.x, dot.low, dot.high)} if dot.y is None else {"yerr": (dot.y, dot.low, dot.high)}
            ends |= {"xerr": (dot.x, dot.x_low, dot.x_high)} if dot.x_low is not None else {}
            bars = {
                side: [[middle - low], [high - middle]]
                for side, (middle, low, high) in ends.items()
                if middle is not None and low is not None and high is not None
            }
            face = "none" if dot.hollow else colour
            axes.errorbar([dot.x], [y], fmt="o", color=colour, markerfacecolor=face, markersize=5, **bars)
        if panel.lines:
            axes.plot([dot.x for dot in dots], [dot.y for dot in dots], color=colour)
    if panel.rule is not None:
        (axes.axvline if panel.in_rows else axes.axhline)(panel.rule, linestyle="--", color="grey", linewidth=1)
    for name, place in ({} if panel.in_rows else label_places(panel)).items():
        axes.annotate(shortened(name), place, xytext=(6, 0), textcoords="offset points", fontsize=8, va="center")
