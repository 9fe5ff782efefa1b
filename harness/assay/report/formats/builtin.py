"""The built-in formats of reports: each picks what it shows."""

from __future__ import annotations

import json

from assay.errors import AssayError
from assay.records.report_data import ReportContext
from assay.records.results import Outcome
from assay.report.formats import comparison_json as comparisons
from assay.report.formats import comparison_markdown as markdown
from assay.report.formats import csv, csv_tables, junit, openmetrics, parquet
from assay.report.formats import history as trend
from assay.report.formats import run_json as document
from assay.report.formats.index_markdown import as_history, as_index
from assay.report.formats.pytest_benchmark import of_run
from assay.report.formats.run_markdown import as_page


def as_markdown(publication: ReportContext) -> str:
    """Write a page of what is shown; of a comparison the comment for a pull request."""
    if publication.shows == "history":
        return as_history(publication.series)
    if publication.shows == "runs":
        return as_index(publication.outcomes)
    if publication.shows == "comparison" and publication.comparison is not None:
        return markdown.as_markdown(publication.comparison)
    return as_page(_last(publication), publication.comparison)


def as_json(publication: ReportContext) -> str:
    """Write the document of `assay show --json`, of `assay compare --json`, or of `assay history --json`."""
    if publication.shows == "history":
        metrics = ", ".join(dict.fromkeys(one.metric for one in publication.series))
        return trend.as_json(metrics, publication.series) + "\n"
    if publication.shows == "comparison" and publication.comparison is not None:
        return comparisons.as_json(publication.comparison) + "\n"
    return document.of_outcome(_last(publication)) + "\n"


def as_pytest_benchmark(publication: ReportContext) -> str:
    """Write what was timed as JSON that `pytest-benchmark compare` reads; raises `AssayError` where nothing was."""
    outcome = _last(publication)
    content = of_run(outcome.run, outcome.measurements)
    if not content["benchmarks"]:
        raise AssayError(
            f"run {outcome.run.id} has timed nothing", remedy="export another run, see `assay show --runs`"
        )
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def as_csv(publication: ReportContext) -> str:
    """Write the cases of a run, the findings of a comparison, or the values of a history, a row for each."""
    if publication.shows == "history":
        return csv.as_csv(csv_tables.of_history(publication.series))
    if publication.shows == "comparison" and publication.comparison is not None:
        return csv.as_csv(csv_tables.of_comparison(publication.comparison))
    return csv.as_csv(csv_tables.of_run(_last(publication)))


def as_tidy_csv(publication: ReportContext) -> str:
    """Write a row for each figure of a run."""
    return csv.as_csv(csv_tables.tidy_of_run(_last(publication)))


def as_parquet(publication: ReportContext) -> bytes:
    """Write the same as Parquet."""
    return parquet.of_run(_last(publication))


def as_junit(publication: ReportContext) -> str:
    """Write a test for each case of a run, or for each finding of a comparison."""
    if publication.shows == "comparison" and publication.comparison is not None:
        return junit.of_comparison(publication.comparison)
    return junit.of_run(_last(publication))


def as_openmetrics(publication: ReportContext) -> str:
    """Write a gauge for each metric of a run."""
    return openmetrics.of_run(_last(publication))


def _last(publication: ReportContext) -> Outcome:
    return publication.outcomes[-1]
