"""The built-in forms of reports: each picks what it shows of a publication."""

from __future__ import annotations

import json

from assay import document
from assay.errors import AssayError
from assay.present import document as comparisons
from assay.present import markdown, trend
from assay.present.index import as_history, as_index
from assay.present.page import as_page
from assay.publication import Publication
from assay.pytest_json import of_run
from assay.records import Outcome


def as_markdown(publication: Publication) -> str:
    """Write a page of what is shown; of a comparison the comment for a pull request."""
    if publication.shows == "history":
        return as_history(publication.series)
    if publication.shows == "runs":
        return as_index(publication.outcomes)
    if publication.shows == "comparison" and publication.comparison is not None:
        return markdown.as_markdown(publication.comparison)
    return as_page(_last(publication), publication.comparison)


def as_json(publication: Publication) -> str:
    """Write the document of `assay show --json`, of `assay compare --json`, or of `assay history --json`."""
    if publication.shows == "history":
        metrics = ", ".join(dict.fromkeys(one.metric for one in publication.series))
        return trend.as_json(metrics, publication.series) + "\n"
    if publication.shows == "comparison" and publication.comparison is not None:
        return comparisons.as_json(publication.comparison) + "\n"
    return document.of_outcome(_last(publication)) + "\n"


def as_pytest_benchmark(publication: Publication) -> str:
    """Write what was timed as JSON that `pytest-benchmark compare` reads; raises `AssayError` where nothing was."""
    outcome = _last(publication)
    content = of_run(outcome.run, outcome.measurements)
    if not content["benchmarks"]:
        raise AssayError(
            f"run {outcome.run.id} has timed nothing", remedy="export another run, see `assay show --runs`"
        )
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _last(publication: Publication) -> Outcome:
    return publication.outcomes[-1]
