"""How commands that judge show a comparison, and the options for it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import click

from assay.cli import options
from assay.records.name_list import split_names
from assay.records.verdicts import Comparison

strict = options.variable_option("--strict", is_flag=True, help="Exit with 4 when something is inconclusive.")
markdown = click.option(
    "--markdown", type=click.Path(dir_okay=False), metavar="FILE", help="Also write a pull-request comment."
)
junit = click.option("--junit", type=click.Path(dir_okay=False), metavar="FILE", help="Also write JUnit XML.")

allow_missing = options.variable_option(
    "--allow-missing",
    default="",
    metavar="GLOBS",
    help="What may be missing now, or measured on neither side: names or patterns of plugins or cells, by commas.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonOutput:
    """Whether something inconclusive counts, what may be missing, and which files are written besides."""

    strict: bool
    markdown: str | None
    junit: str | None
    allow_missing: tuple[str, ...] = ()

    def allow(self, comparison: Comparison) -> Comparison:
        """Return a comparison in which what `--allow-missing` names does not count."""
        from assay.comparison.status_change import allow_missing

        return replace(comparison, judgements=allow_missing(comparison.judgements, self.allow_missing))

    def show(self, comparison: Comparison, *, as_json: bool) -> None:
        """Show a comparison on standard output: as tables, or as one document."""
        from assay.report.formats import comparison_json, comparison_terminal

        if as_json:
            click.echo(comparison_json.as_json(comparison, strict=self.strict))
        else:
            comparison_terminal.show(comparison)

    def write(self, comparison: Comparison) -> None:
        """Write the files that were asked for; raises `AssayError` for one that cannot be written."""
        from assay.report.formats.comparison_markdown import as_markdown
        from assay.report.formats.junit import of_comparison
        from assay.report.publish import save

        for path, content in ((self.markdown, as_markdown), (self.junit, of_comparison)):
            if path is not None:
                save(path, content(comparison).encode())


def takes_comparison_output(command: Callable[..., object]) -> Callable[..., object]:
    """Decorate a command with the options above, whose values are its argument `shown`."""

    @functools.wraps(command)
    def call(*, strict: bool, allow_missing: str, markdown: str | None, junit: str | None, **others: object) -> object:
        shown = ComparisonOutput(
            strict=strict, allow_missing=split_names(allow_missing), markdown=markdown, junit=junit
        )
        return command(shown=shown, **others)

    return options.together(strict, allow_missing, markdown, junit)(call)
