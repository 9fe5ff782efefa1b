"""Charts that answer to the reader: the same specifications drawn by Vega in the page, without any request."""

from __future__ import annotations

from collections.abc import Sequence

import assay
from assay_html.escape import script_json
from assay_html.figure import Figure

# Vega reads colours once, so that a page that turns dark is drawn anew.
START = """
const FIGURES = %s;
const COLOURS = %s;
function draw() {
  const style = getComputedStyle(document.documentElement);
  const names = new Map(COLOURS.map(([name, stand]) => [stand, style.getPropertyValue("--" + name).trim()]));
  const coloured = (value) =>
    typeof value === "string" ? names.get(value) ?? value
    : Array.isArray(value) ? value.map(coloured)
    : value && typeof value === "object"
      ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, coloured(part)]))
      : value;
  for (const [id, spec] of FIGURES) {
    const place = document.querySelector("#" + id + " .drawing");
    const still = place.firstElementChild;
    const quiet = { actions: false, defaultStyle: false, tooltip: false };
    vegaEmbed(place, coloured(spec), { mode: "vega-lite", ast: true, renderer: "svg", ...quiet })
      .catch((problem) => { place.replaceChildren(still); throw problem; });
  }
}
draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
"""


def script(figures: Sequence[Figure]) -> str:
    """Return the script that replaces every still picture; a chart that cannot be drawn keeps it."""
    import vl_convert

    drawn = [[figure.id, assay.chart_theme(figure.spec)] for figure in figures]
    bundle: str = vl_convert.javascript_bundle(
        START % (script_json(drawn), script_json([list(pair) for pair in assay.CHART_COLOURS.items()]))
    )
    return bundle
