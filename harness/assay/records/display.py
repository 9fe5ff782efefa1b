"""How records show themselves in a notebook: the report makes what is shown, and is loaded only then."""

from __future__ import annotations

import importlib
import os
from typing import Any, Protocol

REPORT = "assay.report.notebook"  # above this layer: named by its path, as a plugin names its functions


class Plot(Protocol):
    """A chart that a notebook draws. `spec` is its Vega-Lite specification."""

    @property
    def spec(self) -> dict[str, Any]:
        """The chart in Vega-Lite, as plain dicts with the data inside."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the chart to a file: `.svg`, `.png`, `.html` or `.json`, by its ending."""

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]: ...


class Displayed:
    """Is shown in a notebook as HTML, elsewhere as a few lines of text, and can be plotted."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return a few lines of plain text: the answers, how far to trust them, and a short table."""
        text: str = importlib.import_module(REPORT).text(self)
        return text

    def _repr_html_(self) -> str:
        html: str = importlib.import_module(REPORT).html(self)
        return html

    def plot(self) -> Plot:
        """Draw what was compared, with its intervals.

        A notebook shows the chart, and `.save("chart.svg")` writes it. Raises `Unavailable` where there is nothing to
        draw it with: `pip install "assay-bench[report]"`.
        """
        plot: Plot = importlib.import_module(REPORT).plot(self)
        return plot
