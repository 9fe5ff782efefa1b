"""`assay show`: stored runs, again, in real processes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

COMMAND = ["run", "--attentions", "none", "--budget", "0.2s", "--json", "--results", "kept", "--tokenizers"]


@pytest.fixture(scope="module")
def kept(process: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A results folder with two runs, and their documents as they were written when they ran."""
    folder = tmp_path_factory.mktemp("shown")
    command = [sys.executable, "-m", "assay", *COMMAND]
    return folder / "kept", [process([*command, name], cwd=folder).json for name in ("regex", "regex-unk")]


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
