"""A report: one line for each row of a run, for a chat."""

from __future__ import annotations

import assay

assay_hooks = 1


def write(publication):
    if not publication.outcomes:
        raise assay.AssayError("there is no run to report")
    rows = (row for outcome in publication.outcomes for row in outcome.measurements)
    return "".join(f"{row.status}: {row.case.plugin} ({row.case.group})\n" for row in rows)


@assay.hookimpl
def assay_reports():
    yield assay.ReportPlugin(
        name="line",
        summary="one line for each row",
        license="MIT",
        write=write,
        suffix=".line.txt",
        shows=("run", "runs"),
    )
