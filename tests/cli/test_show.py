"""`assay show`: stored runs, again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

RUN = ("run", "--attentions", "none", "--tokenizers")


@pytest.fixture(scope="module")
def kept(finished: Callable[..., Path]) -> tuple[Path, list[dict[str, Any]]]:
    """A results folder with two runs, and their documents as they were written when they ran."""
    folder = finished(*RUN, "regex-unk,gpt2", "--held-out", "0", "--budget", "0.5s", "--json", times=2)
    return folder / "results", [json.loads((folder / f"{number}.json").read_text("utf-8")) for number in (1, 2)]


def test_show_gives_the_newest_run_as_it_was(cli: Cli, kept: Any) -> None:
    folder, (_, newest) = kept
    ran = cli("show", "--json", "--results", folder)
    assert (ran.rc, ran.stderr) == (0, "")
    assert ran.json == newest


def test_show_takes_a_run_by_id_or_its_beginning(cli: Cli, kept: Any) -> None:
    folder, (first, _) = kept
    name = first["run"]["id"]
    assert cli("show", name, "--json", "--results", folder).json == first
    assert cli("show", name[:-1], "--json", "--results", folder).json == first


def test_a_pipe_gets_a_table_with_tabs(cli: Cli, kept: Any) -> None:
    folder, (_, newest) = kept
    lines = [line.split("\t") for line in cli("show", "--results", folder).stdout.splitlines()]
    assert {len(line) for line in lines} == {len(lines[0])}
    column = lines[0].index("tokens")
    assert [line[column] for line in lines[1:]] == [str(row["tokens"]) for row in newest["tokenizers"]]


def test_runs_are_listed_with_the_oldest_first(cli: Cli, kept: Any) -> None:
    folder, runs = kept
    listed = cli("show", "--runs", "--json", "--results", folder).json["runs"]
    assert listed == [run["run"] for run in runs]
    lines = cli("show", "--runs", "--results", folder).stdout.splitlines()
    assert lines[0].split("\t") == [
        *("id", "state", "started", "suite", "planned", "ok", "failed", "skipped", "missing", "command")
    ]
    assert [line.split("\t")[:2] for line in lines[1:]] == [[run["run"]["id"], "complete"] for run in runs]
    for line, run in zip(lines[1:], runs, strict=True):
        rows = run["tokenizers"] + run["attentions"]
        assert line.split("\t")[4:6] == [str(len(rows)), str(sum(row["status"] == "ok" for row in rows))]


def test_a_run_that_is_not_there_is_refused_with_those_that_are(cli: Cli, kept: Any) -> None:
    folder, (first, newest) = kept
    complaint = cli("show", "19990101", "--results", folder).complaint
    assert "'19990101' fits no run" in complaint
    assert first["run"]["id"] in complaint
    assert newest["run"]["id"] in complaint
    assert "'2' fits several runs" in cli("show", "2", "--results", folder).complaint


@pytest.mark.parametrize("arguments", [[], ["--runs"], ["20260101"], ["--json"]], ids=" ".join)
def test_without_results_nothing_is_made(cli: Cli, tmp_path: Path, arguments: list[str]) -> None:
    complaint = cli("show", *arguments, "--results", "nowhere").complaint
    assert "there are no results in nowhere" in complaint
    assert "assay run" in complaint
    assert not (tmp_path / "nowhere").exists()


ASKED = (
    "--filter",
    "plugin=gpt2,reg*",
    "--filter",
    "tokens>0",
    "--sort",
    "tokens:desc",
    "--columns",
    "tokens,fertility",
)


@pytest.fixture(scope="module")
def wide(finished: Callable[..., Path]) -> tuple[Path, list[dict[str, Any]]]:
    """A results folder with a run of several tokenizers, and its rows, those with tokens, the most tokens first."""
    folder = finished(*RUN, "regex-unk,gpt2,p50k_base", "--budget", "0.2s", "--json")
    rows = json.loads((folder / "1.json").read_text("utf-8"))["tokenizers"]
    found = [row for row in rows if row["tokenizer"] in ("gpt2", "regex-unk") and row.get("tokens")]
    splits = list(dict.fromkeys(row["split"] for row in rows))
    return folder / "results", sorted(found, key=lambda row: (splits.index(row["split"]), -row["tokens"]))


def test_rows_and_figures_can_be_chosen_for_a_pipe(cli: Cli, wide: Any) -> None:
    folder, rows = wide
    header, *lines = (line.split("\t") for line in cli("show", *ASKED, "--results", folder).stdout.splitlines())
    assert header == ["group", "tokenizer", "tokens", "fertility", "status", "busy", "reason"]
    assert [line[1:4] for line in lines] == [
        [row["tokenizer"], str(row["tokens"]), str(row["fertility"])] for row in rows
    ]


def test_and_for_a_program(cli: Cli, wide: Any) -> None:
    folder, rows = wide
    found = cli("show", *ASKED, "--json", "--results", folder).json
    assert found["attentions"] == []
    assert [row["case"] for row in found["tokenizers"]] == [row["case"] for row in rows]
    for row, whole in zip(found["tokenizers"], rows, strict=True):
        assert list(row)[-3:] == ["code", "tokens", "fertility"]
        assert row.items() <= whole.items()


def test_and_as_markdown_and_as_a_table(cli: Cli, wide: Any) -> None:
    folder, rows = wide
    shown = [(row["tokenizer"], f"{row['tokens']:,}") for row in rows]
    markdown = cli("show", *ASKED, "--as", "markdown", "--results", folder).stdout
    assert "| tokenizer | tokens | fertility | status |\n| --- | ---: | ---: | --- |\n" in markdown
    lines = [
        line.strip("| ").split(" | ") for line in markdown.splitlines() if line.endswith(("| ok |", "| ok, busy |"))
    ]
    assert [(line[0], line[1]) for line in lines] == shown
    table = cli("show", *ASKED, "--as", "table", "--results", folder).stdout
    drawn = [line.split() for line in table.splitlines() if line.endswith((" ok", " ok, busy"))]
    assert [(line[0], line[1]) for line in drawn] == shown


def test_a_table_of_chosen_rows_says_nothing_of_the_whole(cli: Cli, wide: Any) -> None:
    folder, _ = wide
    titles = [
        line for line in cli("show", "--as", "markdown", "--results", folder).stdout.splitlines() if line[:3] == "###"
    ]
    asked = cli("show", "--sort", "ratio", "--as", "markdown", "--results", folder).stdout
    assert [line for line in asked.splitlines() if line[:3] == "###"] == [
        title for title in titles if title.startswith("### tokenizer: ")
    ]


def test_that_nothing_fits_is_said_and_no_error(cli: Cli, wide: Any) -> None:
    folder, _ = wide
    ran = cli("show", "--filter", "plugin=nobody", "--results", folder)
    assert (ran.rc, ran.stdout) == (0, "")
    assert re.fullmatch(r"no row of run \S+ fits\n", ran.stderr)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--columns", "tokens,fertilty"], "no column and no metric is named 'fertilty' (did you mean fertility"),
        (["--columns", "encode_p50"], " or latency_p50_seconds or latency_p50_wall_seconds?"),
        (["--columns", " , "], "--columns names no column"),
        (["--sort", "tokns"], "did you mean tokens"),
        (["--sort", "tokens:up"], "'tokens:up' is not a valid order (write COLUMN, COLUMN:asc or COLUMN:desc)"),
        (["--filter", "tokens"], "'tokens' is not a valid filter (write NAME=GLOB, NAME!=GLOB or NAME>NUMBER)"),
        (["--filter", "tokens<few"], "'few' is not a number to compare tokens with"),
        (["--filter", "tokens<few", "--json"], "'few' is not a number to compare tokens with"),
        (["--as", "markdown", "--json"], "leave out --as"),
        (["--runs", "--sort", "tokens"], "leave out --runs"),
        (["--as", "html"], "'html' is not one of"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(cli: Cli, wide: Any, arguments: list[str], words: str) -> None:
    folder, _ = wide
    assert words in cli("show", *arguments, "--results", folder).complaint
