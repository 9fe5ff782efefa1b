"""A chart of dots with intervals, for a notebook and for files: drawn by vl-convert, or else by matplotlib."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.errors import AssayError, Unavailable
from assay.report.charts.drawing import chart_svg
from assay.report.charts.frame import framed
from assay.report.charts.panels import WIDTH, Panel, colours_of, panel_spec
from assay.report.charts.theme import CHART_COLOURS, chart_theme, coloured

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
MIME = "application/vnd.vegalite.v5+json"
REMEDY = 'pip install "assay-bench[report]"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Panels with one title. A notebook shows it, and `save` writes it to a file."""

    title: str
    says: str
    panels: tuple[Panel, ...]

    @property
    def spec(self) -> dict[str, Any]:
        """The chart in Vega-Lite, in the light colours of the reports."""
        page = {"$schema": SCHEMA, **chart_theme(self._drawn)}
        light: dict[str, Any] = coloured(page)
        light["config"]["background"] = coloured(CHART_COLOURS["paper"])
        return light

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the chart to a file: `.svg`, `.png`, `.html` or `.json`, by its ending."""
        place = Path(path)
        writers = {".svg": self._svg, ".png": self._png, ".html": self._page, ".json": self._json}
        if place.suffix not in writers:
            raise AssayError(f"a chart cannot be written as {place.suffix or place.name!r}", remedy=_listed(writers))
        content = writers[place.suffix]()
        place.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))

    def __repr__(self) -> str:
        return f"{self.title}: {len(self.panels)} panel{'s' * (len(self.panels) != 1)}; save it with .save('chart.svg')"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        drawn = {"image/png": b64encode(self._png()).decode("ascii"), "text/plain": repr(self)}
        if not _has("vl_convert"):
            return drawn
        return {MIME: self.spec, "text/html": self._html(), **drawn}

    @property
    def _drawn(self) -> dict[str, Any]:
        hues = colours_of([dot for panel in self.panels for dot in panel.dots])
        panels = [panel_spec(panel, hues) for panel in self.panels]
        title = {"text": self.title, "subtitle": [self.says], **TITLE}
        room = {"padding": {"left": 16, "right": 16, "top": 5, "bottom": 5}}  # a browser's font may be wider
        if len(panels) > 1:
            return {**room, "title": title, "concat": panels, "columns": 2}
        return {**room, **panels[0], "title": title | {"subtitle": [self.says, *panels[0]["title"]["text"]]}}

    def _html(self) -> str:
        """Return the drawing in the frame of a card, whose colours it has."""
        drawn = chart_svg(self._drawn, prefix="assay-chart", alt=f"{self.title}. {self.says}")
        wide = re.search(r'viewBox="0 0 ([0-9.]+) ', drawn)
        return framed(f'<div style="max-width: {wide[1] if wide else WIDTH}px">{drawn}</div>')

    def _page(self) -> str:
        if _has("vl_convert"):
            head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Assay</title>'
            return f"{head}<body>{self._html()}</body></html>"
        raise Unavailable("a chart as HTML needs vl-convert-python", remedy=REMEDY)

    def _json(self) -> str:
        return json.dumps(self.spec, indent=1, ensure_ascii=False)

    def _svg(self) -> str | bytes:
        if not _has("vl_convert"):
            return self._matplotlib("svg")
        import vl_convert

        drawn: str = vl_convert.vegalite_to_svg(self.spec)
        return drawn

    def _png(self) -> bytes:
        if not _has("vl_convert"):
            return self._matplotlib("png")
        import vl_convert

        drawn: bytes = vl_convert.vegalite_to_png(self.spec, scale=1.5)
        return drawn

    def _matplotlib(self, form: str) -> bytes:
        from assay.report.charts.matplotlib_drawing import draw

        return draw(self.title, self.panels, form)


TITLE = {"anchor": "start", "fontSize": 14, "subtitleFontSize": 11, "offset": 12, "subtitlePadding": 4}
TITLE |= {"color": CHART_COLOURS["ink"], "subtitleColor": CHART_COLOURS["ink-2"]}


def require_drawing() -> None:
    """Raise `Unavailable` where neither vl-convert nor matplotlib is there."""
    if not (_has("vl_convert") or _has("matplotlib")):
        raise Unavailable("a chart needs vl-convert-python or matplotlib, and neither is installed", remedy=REMEDY)


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _listed(writers: Iterable[str]) -> str:
    return f"end its name with {', '.join(writers)}"
