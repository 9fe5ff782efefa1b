"""What the host itself can write, and how it spreads work: announced like anybody's plugins."""

from __future__ import annotations

from collections.abc import Iterator

from assay.plugins.hookspecs import hookimpl
from assay.plugins.types import ExecutorPlugin, ReportPlugin, lazy
from assay.records.report_data import Shown

assay_hooks = 3  # the version of the hooks that this is written for


@hookimpl
def assay_reports() -> Iterator[ReportPlugin]:
    """Announce the forms for people without a browser, and for programs."""
    yield _report("md", "a page in Markdown", "as_markdown", ".md", "run", "runs", "comparison", "history")
    says = "one JSON document, as --json writes it"
    yield _report("json", says, "as_json", ".json", "run", "comparison", "history")
    says = "the timings, all readings, as JSON that `pytest-benchmark compare` reads"
    yield _report("pytest-benchmark", says, "as_pytest_benchmark", ".bench.json", "run")
    says = "a row for each case, a column for each metric, for spreadsheets"
    yield _report("csv", says, "as_csv", ".csv", "run", "comparison", "history")
    yield _report("tidy-csv", "a row for each figure, with its unit", "as_tidy_csv", ".tidy.csv", "run")
    says = "a row for each figure, with its type and unit, for pandas and DuckDB"
    yield _report("parquet", says, "as_parquet", ".parquet", "run", requires=("pyarrow>=17",))
    yield _report("junit", "JUnit XML: a test for each case, for CI servers", "as_junit", ".xml", "run", "comparison")
    says = "a gauge for each metric, as OpenMetrics text, for Prometheus"
    yield _report("openmetrics", says, "as_openmetrics", ".prom", "run")


@hookimpl
def assay_executors() -> Iterator[ExecutorPlugin]:
    """Announce what needs no other machine."""
    yield ExecutorPlugin(
        name="local",
        summary="in this process, one shard after the other",
        license="MIT",
        open=lazy("assay.execute.sharded.local_executor:LocalExecutor"),
    )
    yield ExecutorPlugin(
        name="processes",
        summary="processes on this machine; one that dies is started again",
        license="MIT",
        open=lazy("assay.execute.sharded.process_pool:ProcessPool"),
        isolated=True,
    )


def _report(
    name: str, summary: str, function: str, suffix: str, *shows: Shown, requires: tuple[str, ...] = ()
) -> ReportPlugin:
    """Describe a report that a function of `assay.report.formats.builtin` writes."""
    return ReportPlugin(
        name=name,
        summary=summary,
        requires=requires,
        license="MIT",
        write=lazy(f"assay.report.formats.builtin:{function}"),
        suffix=suffix,
        shows=shows,
    )
