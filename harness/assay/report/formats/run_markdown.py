"""A run as a Markdown page: what was measured, on what, and how to repeat it."""

from __future__ import annotations

from assay.records.results import Outcome
from assay.records.verdicts import Comparison
from assay.report.formats.comparison_markdown import as_markdown
from assay.report.tables.outline import report_tables
from assay.report.text import table
from assay.report.text.table import in_code, in_markdown

READING = """\
Throughput is the median over timed samples of twice about 5 ms, wall time, one process, and the spread is half the
distance between the quartiles. All rows of a table were sampled in turn, in interleaved rounds; `ratio` is CPU
time over the baseline's, round by round (the baseline is the row with 1.00), above 1 is slower. A row that is
not `ok` has no throughput. `error` is the largest difference from a float64 reference, `naive error` that of the
definition in the row's own precision. `GEMM peak` is the rate of a square product and `copy rate` that of a copy of
64 MiB, both sampled in the same rounds; `peak MiB` is what torch allocates in a step, in brackets what was predicted.
A row marked `overhead-bound` takes less than twice as long as on two positions, or under 100 µs where that is not
known: it measures the call more than the attention. Compare rows within one table only.
"""


def as_page(outcome: Outcome, comparison: Comparison | None = None) -> str:
    """Write the page of a run; what changed since another stands before its tables."""
    run, measurements = outcome.run, outcome.measurements
    floor = "" if outcome.noise is None else f"Noise floor of this run: {outcome.noise}.\n\n"
    facts = "".join(f"- {in_markdown(name)}: {in_markdown(value)}\n" for name, value in run.environment.items())
    sections = "\n".join(map(table.as_markdown, report_tables(measurements)))
    verdicts = ""
    if comparison is not None:
        _, _, found = as_markdown(comparison).partition("\n")  # the first line is the marker of a comment
        verdicts = f"## Verdicts\n\n{found.strip()}\n\n"
    return (
        f"# Assay run {in_markdown(run.id)}\n\n"
        f"Suite {in_markdown(run.suite)}, started {run.started}, {run.state}; {outcome.manifest}.\n\n"
        f"{verdicts}{READING}\n{floor}{sections}\n"
        f"## Provenance\n\n- command: {in_code(run.command)}\n{facts}"
    )
