"""What commands that judge have in common: options for the output of a comparison, and writing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assay.cli import options

if TYPE_CHECKING:
    from assay.records.verdicts import Comparison

strict = click.option(
    "--strict", envvar="ASSAY_STRICT", is_flag=True, help="Exit with 4 when something is inconclusive."
)
markdown = click.option(
    "--markdown", type=click.Path(dir_okay=False), metavar="FILE", help="Also write a pull-request comment."
)
junit = click.option("--junit", type=click.Path(dir_okay=False), metavar="FILE", help="Also write JUnit XML.")
told = options.together(strict, markdown, junit)


def write_files(comparison: Comparison, markdown: str | None, junit: str | None) -> None:
    """Write the files that were asked for."""
    from assay.report.formats import comparison_markdown
    from assay.report.formats.junit import of_comparison

    for path, content in ((markdown, comparison_markdown.as_markdown), (junit, of_comparison)):
        if path is not None:
            options.write_file(path, content(comparison))


def show(comparison: Comparison, *, as_json: bool, strict: bool) -> None:
    """Show a comparison on standard output: as tables, or as one document."""
    from assay.report.formats import comparison_json, comparison_terminal

    if as_json:
        click.echo(comparison_json.as_json(comparison, strict=strict))
    else:
        comparison_terminal.show(comparison)
