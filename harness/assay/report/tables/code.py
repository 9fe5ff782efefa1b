"""Which code ran, as a table: a row for each package, with its plugins."""

from __future__ import annotations

from assay.records.plugin_code import by_package, names_of
from assay.records.results import Outcome
from assay.report.tables.results import Table


def code_table(outcome: Outcome, *, licenses: bool = False) -> Table:
    """Return the table of the code that had a part in a run, as it was recorded then; it has no rows where none was.

    Plugins that could not be used are left out. With `licenses` those of one package whose licenses differ have rows
    of their own.
    """
    packages = by_package((code for code in outcome.codes if code.failure is None), licenses=licenses)
    covers = {code.covers: code.short for (code, *_) in packages if code.covers is not None}
    return Table(
        title="what ran",
        columns=("plugins", "distribution", "version", "from", *(("license",) if licenses else ()), "code"),
        rows=tuple(
            (
                names_of(codes, most=None),
                codes[0].distribution or "-",
                codes[0].version or "-",
                codes[0].came_from,
                *((codes[0].license,) if licenses else ()),
                codes[0].short,
            )
            for codes in packages
        ),
        notes=tuple(f"code {short}: the beginning of a sha256 over {what}" for what, short in covers.items()),
        drop_order=("from", "version"),
        hint="--json has all of it",
    )
