"""The built-in formats of reports: each picks what it shows."""

from __future__ import annotations

import json

from assay.errors import AssayError
from assay.records.report_data import ReportContext
from assay.records.results import Outcome
from assay.records.verdicts import Comparison
from assay.report.formats import (
    comparison_json,
    comparison_markdown,
    csv,
    history,
    junit,
    markdown,
    openmetrics,
    parquet,
    pytest_benchmark,
    run_json,
)


def as_markdown(context: ReportContext) -> str:
    """Write a page of what is shown; of a comparison the comment for a pull request."""
    if context.shows == "history":
        return markdown.of_history(context.series)
    if context.shows == "runs":
        return markdown.of_runs(context.outcomes)
    comparison = _compared(context)
    if comparison is not None:
        return comparison_markdown.as_markdown(comparison)
    return markdown.of_run(_last(context), context.comparison)


def as_json(context: ReportContext) -> str:
    """Write the document of `assay show --json`, of `assay compare --json`, or of `assay history --json`."""
    comparison = _compared(context)
    if context.shows == "history":
        text = history.as_json(history.metrics_of(context.series), context.series)
    else:
        text = run_json.of_outcome(_last(context)) if comparison is None else comparison_json.as_json(comparison)
    return text + "\n"


def as_pytest_benchmark(context: ReportContext) -> str:
    """Write what was timed as JSON that `pytest-benchmark compare` reads; raises `AssayError` where nothing was."""
    outcome = _last(context)
    content = pytest_benchmark.of_run(outcome.run, outcome.measurements)
    if not content["benchmarks"]:
        raise AssayError(
            f"run {outcome.run.id} has timed nothing", remedy="export another run, see `assay show --runs`"
        )
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def as_csv(context: ReportContext) -> str:
    """Write the cases of a run, the verdicts of a comparison, or the values of a history, a row for each."""
    if context.shows == "history":
        return csv.of_history(context.series)
    comparison = _compared(context)
    return csv.of_run(_last(context)) if comparison is None else csv.of_comparison(comparison)


def as_tidy_csv(context: ReportContext) -> str:
    """Write a row for each figure of a run."""
    return csv.tidy_of_run(_last(context))


def as_parquet(context: ReportContext) -> bytes:
    """Write the same as Parquet."""
    return parquet.of_run(_last(context))


def as_junit(context: ReportContext) -> str:
    """Write a test for each case of a run, or for each verdict of a comparison."""
    comparison = _compared(context)
    return junit.of_run(_last(context)) if comparison is None else junit.of_comparison(comparison)


def as_openmetrics(context: ReportContext) -> str:
    """Write a gauge for each metric of a run."""
    return openmetrics.of_run(_last(context))


def _last(context: ReportContext) -> Outcome:
    return context.outcomes[-1]


def _compared(context: ReportContext) -> Comparison | None:
    """Return the comparison that is shown; one beside a run is not."""
    return context.comparison if context.shows == "comparison" else None
