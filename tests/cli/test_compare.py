"""`assay compare`: stored runs on the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

Cli = Callable[..., Any]
COMMAND = ("run", "--attentions", "none", "--tokenizers", "regex-unk,gpt2", "--held-out", "0", "--budget", "0.5s")


@pytest.fixture(scope="module")
def stored(finished: Callable[..., Path]) -> tuple[Path, list[str]]:
    """The results folder of two runs of the same code, and their ids."""
    folder = finished(*COMMAND, "--json", times=2)
    runs = [json.loads((folder / f"{number}.json").read_text("utf-8")) for number in (1, 2)]
    return folder / "results", [run["run"]["id"] for run in runs]


@pytest.mark.alone
@pytest.mark.long
def test_the_same_code_raises_no_alarm(cli: Cli, command: Cli) -> None:
    runs = [command(*COMMAND, "--json").json["run"]["id"] for _ in range(2)]
    ran = cli("compare", *runs, "--json")
    assert ran.rc == 0, ran
    assert ran.json["changes"] == []
    assert {one["verdict"] for one in ran.json["judgements"]} <= {"unchanged", "inconclusive"}
    assert {one["against"] for one in ran.json["judgements"]} == {"gpt2", None}


def test_the_page_and_the_comment_are_written(cli: Cli, stored: Any, tmp_path: Path) -> None:
    folder, runs = stored
    written = ("--markdown", "a.md", "--junit", "a.xml", "-o", "a.html")
    ran = cli("compare", *runs, "--results", folder, *written, "--json")
    assert ran.rc == 0, ran
    cells = [one["cell"] for one in ran.json["judgements"]]
    assert len(cells) > 1
    marker, _, comment = (tmp_path / "a.md").read_text("utf-8").partition("\n")
    assert marker == "<!-- assay-compare -->"
    page = (tmp_path / "a.html").read_text("utf-8")
    cases = ElementTree.parse(tmp_path / "a.xml").getroot().iter("testcase")
    assert sorted(str(case.get("name")) for case in cases) == sorted(cells)
    for name in (*cells, *runs):
        assert name in comment
        assert name in page


def test_a_comparison_and_a_history_are_sheets_too(cli: Cli, stored: Any, tmp_path: Path) -> None:
    folder, runs = stored
    compared = cli("compare", *runs, "-o", "a.csv", "--results", folder)
    assert compared.rc == 0, compared
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text("utf-8").splitlines()))
    assert {row["run"] for row in rows} == {runs[1]}
    assert "tokenizer/the-verdict/all/regex-unk/encode" in {row["cell"] for row in rows}
    told = cli("history", "tokens", "--format", "csv", "--results", folder)
    history = list(csv.DictReader(told.stdout.splitlines()))
    assert [row["value"] for row in history if row["plugin"] == "regex-unk"] == ["4649", "4649"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a", "b", "--format", "parquet"], "the report parquet cannot show a comparison (these can: md, json, csv, "),
        (["no-such", "runs"], "fits no run"),
        ([], "Missing argument"),
        (["one"], "a baseline and a candidate"),
    ],
)
def test_bad_input_is_one_line(cli: Cli, stored: Any, arguments: list[str], words: str) -> None:
    folder, _ = stored
    assert words in cli("compare", *arguments, "--results", folder).complaint


def test_the_same_run_twice_is_refused(cli: Cli, stored: Any) -> None:
    folder, runs = stored
    assert "are the same run" in cli("compare", runs[0], runs[0], "--results", folder).complaint
