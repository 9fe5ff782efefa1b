"""What the host itself can write, and how it spreads work: announced like anybody's plugins."""

from __future__ import annotations

from collections.abc import Iterator

from assay.plugins.hookspecs import hookimpl
from assay.plugins.types import ExecutorPlugin, ReportPlugin, lazy

assay_hooks = 3  # the version of the hooks that this is written for


@hookimpl
def assay_reports() -> Iterator[ReportPlugin]:
    """Announce the forms for people without a browser, and for programs."""
    yield ReportPlugin(
        name="md",
        summary="a page in Markdown",
        license="MIT",
        write=lazy("assay.report.formats.builtin:as_markdown"),
        suffix=".md",
        shows=("run", "runs", "comparison", "history"),
    )
    yield ReportPlugin(
        name="json",
        summary="one JSON document, as --json writes it",
        license="MIT",
        write=lazy("assay.report.formats.builtin:as_json"),
        suffix=".json",
        shows=("run", "comparison", "history"),
    )
    yield ReportPlugin(
        name="pytest-benchmark",
        summary="the timings, all readings, as JSON that `pytest-benchmark compare` reads",
        license="MIT",
        write=lazy("assay.report.formats.builtin:as_pytest_benchmark"),
        suffix=".bench.json",
    )
    yield ReportPlugin(
        name="csv",
        summary="a row for each case, a column for each metric, for spreadsheets",
        license="MIT",
        write=lazy("assay.report.formats.builtin:as_csv"),
        suffix=".csv",
        shows=("run", "comparison", "history"),
    )
    yield ReportPlugin(
        name="tidy-csv",
        summary="a row for each figure, with its unit",
        license="MIT",
        write=lazy("assay.report.formats.builtin:as_tidy_csv"),
        suffix=".tidy.csv",
    )
    yield ReportPlugin(
        name="parquet",
        summary="a row for each figure, with its type and unit, for pandas and DuckDB",
        requires=("pyarrow>=17",),
        license="MIT",
        write=lazy("assay.report.formats.builtin:as_parquet"),
        suffix=".parquet",
    )
    yield ReportPlugin(
        name="junit",
        summary="JUnit XML: a test for each case, for CI servers",
        license="MIT",
        write=lazy("assay.report.formats.builtin:as_junit"),
        suffix=".xml",
        shows=("run", "comparison"),
    )
    yield ReportPlugin(
        name="openmetrics",
        summary="a gauge for each metric, as OpenMetrics text, for Prometheus",
        license="MIT",
        write=lazy("assay.report.formats.builtin:as_openmetrics"),
        suffix=".prom",
    )


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
