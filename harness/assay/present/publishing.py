"""The built-in forms of reports: each picks what it shows of a publication."""

from __future__ import annotations

import json

from assay import document
from assay.errors import AssayError
from assay.present import document as comparisons
from assay.present import markdown
from assay.present.page import as_page
from assay.publication import Publication
from assay.pytest_json import of_run
from assay.records import Outcome


def as_markdown(publication: Publication) -> str:
    """Write the page of a run, or the comment for a pull request of a comparison."""
    if publication.shows == "comparison" and publication.comparison is not None:
        return markdown.as_markdown(publication.comparison)
    return as_page(_last(publication))


def as_json(publication: Publication) -> str:
    """Write the document of `assay show --json`, or of `assay compare --json`."""
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
