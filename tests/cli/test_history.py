"""`assay history`: a metric over stored and accepted runs, in real processes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.records.results import GroupResult, Measurement, Metrics, Run, Status, TokenizerCase
from assay.store.baselines import accept
from assay.store.store import Store

Cli = Callable[..., Any]
ENVIRONMENT = {"processor": "One", "cores": "2", "platform": "Linux-5-x86_64-glibc", "python": "CPython 3.11.1"}


def run_of(number: int) -> Run:
    return Run(
        id=f"run-{number}",
        started=f"2026-11-23T02:00:{number:02}",
        suite="tutorial/1",
        command="assay run",
        environment=ENVIRONMENT | {"git": f"rev{number}"},
        state="complete",
    )


def rows_of(tokens: int) -> tuple[Measurement, ...]:
    return tuple(
        Measurement(
            case=TokenizerCase(tokenizer=name, corpus="the-verdict"),
            status=Status.OK,
            metrics=Metrics(tokens=tokens, fertility=tokens / 1000),
        )
        for name in ("regex", "regex-unk")
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two runs, and a baseline of a third."""
    place = tmp_path_factory.mktemp("history")
    with Store(place) as store:
        for number, tokens in enumerate((4649, 4649)):
            store.begin(run_of(number), [row.case for row in rows_of(tokens)])
            store.add(f"run-{number}", GroupResult(measurements=rows_of(tokens)))
    accept(place, "third", run_of(2), rows_of(4700))
    return place


def test_a_pipe_gets_every_point(cli: Cli, folder: Path) -> None:
    ran = cli("history", "tokens", "--tokenizers", "regex", "--results", folder)
    assert (ran.rc, ran.stderr) == (0, "")
    lines = [line.split("\t") for line in ran.stdout.splitlines()]
    assert lines[0][:6] == ["case", "metric", "run", "started", "git", "value"]
    assert [(line[2], line[5]) for line in lines[1:]] == [("run-0", "4649"), ("run-1", "4649"), ("run-2", "4700")]
    assert [line[6] for line in lines[1:]] == ["", "", str(51 / 4649)]


def test_the_document_has_the_same(cli: Cli, folder: Path) -> None:
    content = cli("history", "tokens", "--json", "--results", folder).json
    assert [series["plugin"] for series in content["series"]] == ["regex", "regex-unk"]
    for series in content["series"]:
        assert [point["value"] for point in series["points"]] == [4649, 4649, 4700]
        assert [step["run"] for step in series["steps"]] == ["run-2"]


@pytest.mark.long
def test_a_report_is_made_of_it(cli: Cli, folder: Path, tmp_path: Path) -> None:
    ran = cli("history", "tokens", "--results", folder, "-o", "history.md")
    assert (ran.rc, ran.stdout, ran.stderr) == (0, "", "")
    page = (tmp_path / "history.md").read_text("utf-8")
    assert page.startswith("# Assay history: tokens\n\n### tokens: tokenizer/the-verdict/all\n")
    assert "| regex | ▁▁█ | 3 | 4,649 | 4,700 | 4,649 | 4,700 |" in page
    assert "- regex: 4,649 -\\> 4,700 at run run-2" in page
    content = cli("history", "tokens", "--results", folder, "--format", "json").stdout
    assert content == cli("history", "tokens", "--results", folder, "--json").stdout
    html = cli("history", "tokens", "--results", folder, "--format", "html").stdout
    assert "<title>Assay history: tokens</title>" in html
    assert '3 runs of regex, 1 step"' in html


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tokens", "--tokenizers", "none", "-o", "page.md"], "none of the chosen cases has tokens"),
        (["tokens", "--json", "--format", "md"], "--json and --format are two formats"),
        (["tokens", "--format", "pytest-benchmark"], "the report pytest-benchmark cannot show a history"),
        (["tokens", "-o", "no/such/folder.md"], "folder.md cannot be written: No such file or directory"),
    ],
)
def test_a_report_that_cannot_be_is_refused(cli: Cli, folder: Path, arguments: list[str], words: str) -> None:
    assert words in cli("history", *arguments, "--results", folder).complaint


@pytest.mark.parametrize(("encoding", "drawn"), [("utf-8", "▁▁█"), ("ascii", "__#")])
def test_a_terminal_gets_drawings_that_it_can_show(
    folder: Path, child_environment: Any, encoding: str, drawn: str
) -> None:
    ours, theirs = pty.openpty()
    environment = child_environment({"PYTHONIOENCODING": encoding, "COLUMNS": "80", "TERM": "dumb"})
    command = [sys.executable, "-m", "assay", "history", "tokens", "--results", str(folder)]
    child = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 65536):
            written += part
    except OSError:
        pass  # how Linux says that nobody writes any more
    os.close(ours)
    assert child.wait(timeout=60) == 0, written
    text = written.decode(encoding).replace("\r\n", "\n")
    assert "tokens: tokenizer/the-verdict/all" in text
    (row,) = (line.replace("|", " ").split() for line in text.splitlines() if line.startswith("regex "))
    assert row == ["regex", drawn, "3", "4,649", "4,700", "4,649", "4,700"]
    assert "regex-unk: 4,649 -> 4,700 at run run-2 (git rev2)" in text
    assert "on One, 2 cores, Linux x86_64, CPython 3.11" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_broken_baseline_is_told_of_and_left_out(cli: Cli, tmp_path: Path) -> None:
    accept(tmp_path / "results", "good", run_of(2), rows_of(4700))
    (tmp_path / "results" / "baselines" / "bad.json").write_text("{")
    Store(tmp_path / "results").close()
    ran = cli("history", "tokens")
    assert ran.rc == 0
    assert ran.stderr.startswith("assay: warning: results/baselines/bad.json is not valid JSON")
    assert ran.stdout.count("\n") == 3


def test_a_metric_without_values_is_said(cli: Cli, folder: Path) -> None:
    ran = cli("history", "decode_mb_per_s", "--results", folder)
    assert (ran.rc, ran.stdout, ran.stderr) == (0, "", "none of the chosen cases has decode_mb_per_s\n")


@pytest.mark.parametrize(
    ("metric", "words"),
    [("tokns", "there is no metric named 'tokns' (did you mean tokens"), ("?", "see docs/metrics.md")],
)
def test_an_unknown_metric_is_one_line(cli: Cli, folder: Path, metric: str, words: str) -> None:
    assert words in cli("history", metric, "--results", folder).complaint


def test_without_results(cli: Cli) -> None:
    assert "there are no results" in cli("history", "tokens").complaint
