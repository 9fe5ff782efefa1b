"""`assay report`: a run as a Markdown page."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

COMMAND = ("run", "--attentions", "none", "--tokenizers", "regex,regex-unk", "--budget", "0.1s", "--json")


@pytest.fixture(scope="module")
def stored(finished: Callable[..., Path]) -> tuple[Path, dict[str, Any]]:
    """The results folder of one run, and the run's document."""
    folder = finished(*COMMAND)
    return folder / "results", json.loads((folder / "1.json").read_text("utf-8"))


def test_the_page_has_the_figures_the_reasons_and_the_provenance(cli: Cli, stored: Any) -> None:
    folder, document = stored
    ran = cli("report", "--results", folder)
    assert (ran.rc, ran.stderr) == (0, "")
    page = ran.stdout
    assert page.startswith(f"# Assay run {document['run']['id']}\n")
    assert "### tokenizer: the-verdict/all" in page
    assert "### tokenizer: the-verdict/held-out-10" in page
    assert "| regex-unk | 1,161 | 4,649 | 0" in page
    (failed,) = (row for row in document["tokenizers"] if row["status"] == "failed")
    assert failed["reason"] in page
    assert document["run"]["command"] in page
    assert document["run"]["environment"]["platform"] in page


def test_every_table_is_well_formed(cli: Cli, stored: Any) -> None:
    folder, _ = stored
    page = cli("report", "--results", folder).stdout
    tables = [block.splitlines() for block in page.split("\n\n") if block.startswith("|")]
    assert len(tables) == 3  # two of rows, and what ran
    for table in tables:
        assert {line.count("|") for line in table} == {table[0].count("|")}
        assert set(table[1]) <= set("|-: ")


def test_the_page_may_go_to_a_file(cli: Cli, stored: Any, tmp_path: Path) -> None:
    folder, document = stored
    ran = cli("report", document["run"]["id"], "--results", folder, "-o", "page.md")
    assert (ran.rc, ran.stdout) == (0, "")
    assert (tmp_path / "page.md").read_text("utf-8") == cli("report", "--results", folder).stdout


@pytest.mark.long
def test_what_changed_since_another_run_comes_first(cli: Cli, stored: Any, process: Any, tmp_path: Path) -> None:
    folder, document = stored
    results = tmp_path / "both"
    shutil.copytree(folder, results)
    ran = process([sys.executable, "-m", "assay", *COMMAND, "--results", str(results)], cwd=tmp_path)
    page = cli("report", "--baseline", document["run"]["id"], "--results", results).stdout
    assert page.startswith(f"# Assay run {ran.json['run']['id']}\n")
    assert page.index("## Verdicts") < page.index("### Assay: ") < page.index("### tokenizer: the-verdict/all")
    assert "<!-- assay" not in page
    same = cli("report", "--baseline", ran.json["run"]["id"], "--results", results)
    assert "a comparison takes two different runs" in same.complaint

    site = cli("report", "--site", "site", "--format", "md", "--results", results)
    assert (site.rc, site.stdout, site.stderr) == (0, "", "site/index.md: 2 pages written\n")
    index = (tmp_path / "site" / "index.md").read_text("utf-8")
    for run in (document["run"]["id"], ran.json["run"]["id"]):
        assert f"| [{run}]({run}.md) | tutorial/1 |" in index
        assert (tmp_path / "site" / f"{run}.md").read_text("utf-8").startswith(f"# Assay run {run}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--site", "site", "-o", "page.md"], "leave out RUN, -o and --baseline"),
        (["--site", "site", "--format", "json"], "the report json cannot show an index of runs (these can: md, html)"),
        (["--baseline", "19990101"], "'19990101' fits no run"),
        (["-o", "no/such/folder/page.md"], "page.md cannot be written: No such file or directory"),
        (["19990101"], "'19990101' fits no run"),
        (["--format", "pdf"], "there is no report named 'pdf' (there are: md"),
    ],
)
def test_bad_input_is_one_clear_line(cli: Cli, stored: Any, arguments: list[str], words: str) -> None:
    folder, _ = stored
    assert words in cli("report", *arguments, "--results", folder).complaint


def test_without_results_there_is_no_report(cli: Cli) -> None:
    assert "there are no results in nowhere" in cli("report", "--results", "nowhere").complaint


@pytest.mark.long
def test_a_report_that_cannot_be_written_costs_no_results(cli: Cli) -> None:
    command = ["run", "--tokenizers", "regex", "--attentions", "none", "--held-out", "0", "--budget", "0.1s"]
    ran = cli(*command, "--report", "no/such/folder/page.md")
    assert ran.rc == 2
    assert "the report no/such/folder/page.md cannot be written" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert cli("show", "--json").json["tokenizers"][0]["tokens"] == 4649
