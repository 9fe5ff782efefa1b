"""The forms for other programs: each picks what it shows of a publication."""

from __future__ import annotations

from assay.exports import junit, openmetrics, parquet, tidy, wide
from assay.exports.sheet import as_csv as written
from assay.present.junit import as_junit as of_comparison
from assay.publication import Publication


def as_csv(publication: Publication) -> str:
    """Write the cases of a run, the findings of a comparison, or the values of a history, a row for each."""
    if publication.shows == "history":
        return written(wide.of_history(publication.series))
    if publication.shows == "comparison" and publication.comparison is not None:
        return written(wide.of_comparison(publication.comparison))
    return written(wide.of_run(publication.outcomes[-1]))


def as_tidy_csv(publication: Publication) -> str:
    """Write a row for each figure of a run."""
    return written(tidy.of_run(publication.outcomes[-1]))


def as_parquet(publication: Publication) -> bytes:
    """Write the same as Parquet."""
    return parquet.of_run(publication.outcomes[-1])


def as_junit(publication: Publication) -> str:
    """Write a test for each case of a run, or for each finding of a comparison."""
    if publication.shows == "comparison" and publication.comparison is not None:
        return of_comparison(publication.comparison)
    return junit.of_run(publication.outcomes[-1])


def as_openmetrics(publication: Publication) -> str:
    """Write a gauge for each metric of a run."""
    return openmetrics.of_run(publication.outcomes[-1])
