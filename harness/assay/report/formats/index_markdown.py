"""Several runs, and the history of a metric, as Markdown pages."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from assay.records.report_data import Series
from assay.records.results import Outcome
from assay.report.formats.history import tables_of
from assay.report.text.table import as_markdown, in_markdown


def as_index(outcomes: Sequence[Outcome]) -> str:
    """Write a table of runs, the newest first, each with a link to the page beside it that is named after it."""
    columns = ("run", "suite", "started", "state", "cases", "git")
    lines = ["# Assay runs", "", f"| {' | '.join(columns)} |", "| --- " * len(columns) + "|"]
    for outcome in reversed(outcomes):
        run = outcome.run
        facts = (run.suite, run.started, run.state, str(outcome.manifest), run.environment.get("git", "-"))
        lines.append(f"| [{in_markdown(run.id)}]({quote(run.id)}.md) | {' | '.join(map(in_markdown, facts))} |")
    return "\n".join(lines) + "\n"


def as_history(series: Sequence[Series]) -> str:
    """Write the tables of `assay history`, with their small drawings and steps."""
    metrics = ", ".join(dict.fromkeys(one.metric for one in series)) or "nothing"
    return "\n".join([f"# Assay history: {in_markdown(metrics)}\n", *map(as_markdown, tables_of(series))])
