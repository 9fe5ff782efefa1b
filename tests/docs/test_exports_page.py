"""What docs/reports.md says of forms is what there is, and its code works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.plugins.types import ReportPlugin
from assay.report.publish import find_format, publish, save
from assay.report.text.escape import escape_tsv
from assay.testkit.examples import publication

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reports.md").read_text("utf-8").partition("## For other programs")[2]
HOST = assay.discover()


def test_every_form_is_in_the_table() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in PAGE.splitlines() if line.startswith("| `")]
    ours = [one for one in HOST.every(ReportPlugin) if HOST.origin(one).distribution == "assay-bench"]
    wanted = [[f"`{one.name}`", f"`{one.suffix}`", ", ".join(one.shows)] for one in ours]
    assert sorted(rows) == sorted(wanted)


def test_the_code_reads_what_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shown = publication("run")
    for name in ("run.csv", "run.tidy.csv", "run.parquet"):
        save(name, publish(find_format(HOST, "run", None, name), shown))
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    (outcome,) = shown.outcomes
    assert list(names["names"]) == [escape_tsv(row.case.plugin) for row in outcome.measurements]
    assert names["wide"]["tokens"][0] == outcome.measurements[0].value("tokens")
    assert len(names["tidy"]) == len(names["facts"]) == sum(len(row.metrics) for row in outcome.measurements)
    assert names["best"].fetchall() == [("letters", outcome.measurements[0].value("bytes_per_token"))]
