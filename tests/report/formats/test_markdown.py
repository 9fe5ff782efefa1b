"""The Markdown page of a run."""

from __future__ import annotations

from dataclasses import replace

from assay.records.results import Metrics
from assay.report.formats.markdown import of_run
from assay.testkit.examples import publication


def test_a_busy_run_says_so_at_the_top_and_in_the_table() -> None:
    run = publication("run").outcomes[-1]
    timed = Metrics(encode_samples=10, encode_clock="cpu", busy=True)
    page = of_run(replace(run, measurements=(replace(run.measurements[0], metrics=timed),)))
    assert "The machine was busy: 1 of 1 rows" in page.partition("Throughput is the median")[0]
    assert "| ok, busy |" in page
    assert "The machine was busy" not in of_run(run)
