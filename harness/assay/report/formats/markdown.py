"""Markdown pages: a run, an index of several runs, and the history of a metric."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from assay.records.report_data import Series
from assay.records.results import Outcome
from assay.records.verdicts import Comparison
from assay.report.formats import comparison_markdown
from assay.report.formats.history import metrics_of, tables_of
from assay.report.tables.code import code_table
from assay.report.tables.run_tables import report_tables
from assay.report.text.escape import escape_markdown, markdown_code
from assay.report.text.table import as_markdown, markdown_head, markdown_row

ABOUT = """\
Throughput is the median over timed samples of twice about 5 ms, one process, and the spread is half the distance
between the quartiles. All rows of a table were sampled in turn, in interleaved rounds; `ratio` is time over the
baseline's, round by round (the baseline is the row with 1.00), above 1 is slower. Speeds and ratio of a row are by
one clock: CPU time, or wall time where several threads work, and the time of the device on a GPU. A row that is not
`ok` has no throughput. One that is `busy` waited for a core: its wall time is over 1.1 times its CPU time. `error` is
the largest difference from a float64 reference, `naive error` that of the definition in the row's own precision.
`GEMM peak` is the rate of a square product and `copy rate` that of a copy of 64 MiB, both sampled in the same rounds;
`peak MiB` is what torch allocates in a step, in brackets what was predicted. A row marked `overhead-bound` takes less
than twice as long as on two positions, or under 100 µs where that is not known: it measures the call more than the
attention. Compare rows within one table only.
"""


def of_run(outcome: Outcome, comparison: Comparison | None = None) -> str:
    """Write the page of a run; what changed since another stands before its tables."""
    run = outcome.run
    floor = "" if outcome.noise is None else f"Noise floor of this run: {outcome.noise}.\n\n"
    facts = "".join(f"- {escape_markdown(name)}: {escape_markdown(value)}\n" for name, value in run.environment.items())
    sections = "\n".join(map(as_markdown, report_tables(outcome.measurements)))
    warnings = "".join(f"{escape_markdown(warning)}\n\n" for warning in outcome.warnings)
    verdicts = ""
    if comparison is not None:
        _, _, found = comparison_markdown.as_markdown(comparison).partition("\n")  # the first line marks a comment
        verdicts = f"## Verdicts\n\n{found.strip()}\n\n"
    return (
        f"# Assay run {escape_markdown(run.id)}\n\n"
        f"Suite {escape_markdown(run.suite)}, started {run.started}, {run.state}; {outcome.manifest}.\n\n"
        f"{warnings}{verdicts}{ABOUT}\n{floor}{sections}\n"
        f"## Provenance\n\n- command: {markdown_code(run.command)}\n{facts}{_code(outcome)}"
    )


def _code(outcome: Outcome) -> str:
    """Write which code ran, where that is recorded."""
    return f"\n{as_markdown(code_table(outcome))}" if outcome.codes else ""


def of_runs(outcomes: Sequence[Outcome]) -> str:
    """Write a table of runs, the newest first, each with a link to the page beside it that is named after it."""
    lines = ["# Assay runs", "", markdown_head(("run", "suite", "started", "state", "cases", "git"))]
    for outcome in reversed(outcomes):
        run = outcome.run
        facts = (run.suite, run.started, run.state, str(outcome.manifest), run.environment.get("git", "-"))
        link = f"[{escape_markdown(run.id)}]({quote(run.id)}.md)"
        lines.append(markdown_row((link, *(escape_markdown(fact, inline=True) for fact in facts))))
    return "\n".join(lines) + "\n"


def of_history(series: Sequence[Series]) -> str:
    """Write the tables of `assay history`, with their small drawings and steps."""
    title = f"# Assay history: {escape_markdown(metrics_of(series) or 'nothing')}\n"
    return "\n".join([title, *map(as_markdown, tables_of(series))])
