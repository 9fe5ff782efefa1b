"""Reports of plugins that are not first-party are written in another process."""

from __future__ import annotations

from pathlib import Path

import pytest

import assay
from assay.records.report_data import ReportContext
from assay.report.publish import ReportFailed, find_format, publish

REPORTS = """
import os, assay
@assay.hookimpl
def assay_reports():
    fields = dict(summary="", suffix=".mine", shows=("runs",))
    yield assay.ReportPlugin(name="text", write=lambda context: f"{context.shows} \\ud800", **fields)
    yield assay.ReportPlugin(name="bytes", write=lambda context: b"\\x00\\xff", **fields)
    yield assay.ReportPlugin(name="number", write=lambda context: 3, **fields)
    yield assay.ReportPlugin(name="exits", write=lambda context: os._exit(0), **fields)
    yield assay.ReportPlugin(name="raises", write=lambda context: 1 / 0, **fields)
"""


@pytest.fixture
def host(tmp_path: Path) -> assay.Host:
    (tmp_path / "mine.py").write_text(REPORTS)
    return assay.discover([tmp_path / "mine.py"], load="none")


def written(host: assay.Host, name: str) -> bytes:
    return publish(find_format(host, "runs", name, None), ReportContext(shows="runs", outcomes=(), command="assay"))


def test_text_and_bytes_come_whole_from_the_other_process(host: assay.Host) -> None:
    assert written(host, "text") == b"runs \\ud800"
    assert written(host, "bytes") == b"\x00\xff"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("number", "gave int, not text or bytes"),
        ("exits", "it ended the process with exit code 0"),
        ("raises", "ZeroDivisionError: division by zero"),
    ],
)
def test_what_a_report_does_wrong_is_one_sentence(host: assay.Host, name: str, words: str) -> None:
    with pytest.raises(ReportFailed, match=f"the report {name} .*{words}"):
        written(host, name)
