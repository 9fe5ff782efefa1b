"""Which code ran, as a table: a row for each package, with its plugins."""

from __future__ import annotations

from assay.records.plugin_code import by_package, names_of
from assay.records.results import Outcome
from assay.report.tables.results import Table

TITLE = "what ran"


def code_table(outcome: Outcome) -> Table:
    """Return the table of the code that had a part in a run, as it was recorded then; it has no rows where none was."""
    packages = by_package(code for code in outcome.codes if code.kind != "plugin")
    covers = {code.covers: code.short for (code, *_) in packages if code.covers is not None}
    return Table(
        title=TITLE,
        columns=("plugins", "distribution", "version", "from", "license", "code"),
        rows=tuple(
            (
                names_of(codes, most=None),
                codes[0].distribution or "-",
                codes[0].version or "-",
                codes[0].came_from,
                codes[0].license,
                codes[0].short,
            )
            for codes in packages
        ),
        notes=tuple(f"code {short}: the beginning of a sha256 over {what}" for what, short in covers.items()),
        drop_order=("license", "from", "version"),
        hint="--json has all of it",
    )
