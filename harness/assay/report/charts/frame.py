"""The frame of what a notebook shows: the colours of the reports, light and dark, and nothing that touches the page."""

from __future__ import annotations

from functools import cache
from importlib import resources

from assay.report.charts.theme import CHART_COLOURS, DARK, LIGHT

# How JupyterLab, VS Code, Colab and Sphinx mark a page that is dark or light, whatever the system prefers.
DARK_PAGES = (
    *('[data-jp-theme-light="false"]', ".vscode-dark", ".vscode-high-contrast", "html[theme=dark]"),
    '[data-theme="dark"]',
)
LIGHT_PAGES = ('[data-jp-theme-light="true"]', ".vscode-light", "html[theme=light]", '[data-theme="light"]')


def framed(content: str) -> str:
    """Put HTML into the frame of a card, with its style."""
    return f'<div class="assay-card"><style>{style()}</style>\n{content}\n</div>'


@cache
def style() -> str:
    """Return the style of a card: no selector that could touch anything else on the page."""
    rules = resources.files("assay.report.charts").joinpath("frame.css").read_text("utf-8")
    light, dark = (
        "".join(f"--assay-{name}: {colour}; " for name, colour in palette.items()) for palette in (LIGHT, DARK)
    )
    chosen = ", ".join(f"{page} .assay-card" for page in LIGHT_PAGES)
    darkened = ", ".join(f"{page} .assay-card" for page in DARK_PAGES)
    drawn = "".join(
        f".assay-card .{of}-{name} {{ {what}: var(--assay-{name}) }}\n"
        for name in CHART_COLOURS
        for of, what in (("f", "fill"), ("s", "stroke"))
    )
    return (
        f".assay-card {{ {light}}}\n"
        f"@media (prefers-color-scheme: dark) {{ .assay-card {{ {dark}}} }}\n"
        f"{chosen} {{ {light}}}\n{darkened} {{ {dark}}}\n{rules}{drawn}"
    )
