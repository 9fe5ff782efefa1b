"""What records are shown as: HTML in a notebook, a few lines of text elsewhere, and a chart.

`records/display.py` calls these by the path of this module.
"""

from __future__ import annotations

from assay.records.display import Displayed, Plot


def text(shown: Displayed) -> str:
    """Return a few lines of plain text."""
    from assay.report.formats.card_text import as_text
    from assay.report.formats.cards import card_of

    return as_text(card_of(shown))


def html(shown: Displayed) -> str:
    """Return HTML that is whole in itself."""
    from assay.report.formats.card_html import as_html
    from assay.report.formats.cards import card_of

    return as_html(card_of(shown))


def plot(shown: Displayed) -> Plot:
    """Return a chart; raise `Unavailable` where nothing can draw it."""
    from assay.report.charts.run_charts import chart_of

    return chart_of(shown)
