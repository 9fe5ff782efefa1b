"""A real plugin with hostile names and a corpus with one, in real processes: everything that is written is text."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as families

import nasty
from assay.plugins.discovery import discover
from assay.records.report_data import ReportContext
from assay.records.results import GroupResult, Outcome
from assay.report.publish import find_format, listed, publish
from assay.report.text.escape import escape_csv
from assay.store.store import Store

PLUGIN = Path(__file__).with_name("hostile_names.py")
CORPUS = "=cmd|<i>.txt"
OLD_CORPUS = "=cmd|<i>\u202e.txt"
TEXT = "It is a text, and not a long one.\n" * 8
NAMES = ("=cmd|'!A0", "<b>\"&'", "-" + "x" * 199)
OLD_NAMES = (*NAMES[:2], "\u202eback\x1bc\x07\x9b1m", "-" + "x" * 10_000)  # which an older Assay stored
TEXTS = ("md", "json", "csv", "tidy-csv", "junit", "openmetrics", "pytest-benchmark", "html")


@pytest.fixture(scope="module")
def ran(process: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The folder in which the plugin was weighed on the corpus, and what that wrote."""
    folder = tmp_path_factory.mktemp("names")
    (folder / CORPUS).write_text(TEXT, encoding="utf-8")
    command = ["run", "--plugin", str(PLUGIN), "--load", "none", "--corpora", CORPUS, "--attentions", "none"]
    command += ["--held-out", "0", "--budget", "0.1s"]
    return folder, process([sys.executable, "-m", "assay", *command], cwd=folder)


@pytest.fixture(scope="module")
def outcome(ran: tuple[Path, Any]) -> Outcome:
    """The run, as an older Assay would have stored it that took any name; it is in the folder `old`."""
    with Store(ran[0] / "results", read_only=True) as store:
        found = store.outcome()
    rows = [found.measurements[0]] * len(OLD_NAMES) + [found.measurements[-1]]
    named = [
        replace(row, case=replace(row.case, tokenizer=name, corpus=OLD_CORPUS))
        for row, name in zip(rows, (*OLD_NAMES, "'broken'"), strict=True)
    ]
    with Store(ran[0] / "old") as store:
        store.begin(found.run, [row.case for row in named])
        store.add(found.run.id, GroupResult(measurements=tuple(named)))
        store.finish(found.run.id, "complete")
        return store.outcome()


def is_text(words: str) -> bool:
    """Whether nothing in it acts on a terminal, or cannot be seen; tabs and line ends are ours."""
    plain = words.replace("\t", " ").replace("\r\n", "\n")
    return nasty.UNFIT.search(plain) is None and "\r" not in plain


def test_they_are_weighed_and_what_fails_is_one_line(ran: tuple[Path, Any]) -> None:
    folder, ended = ran
    with Store(folder / "results", read_only=True) as store:
        measurements = store.outcome().measurements
    assert ended.rc == 3
    assert "Traceback" not in ended.stderr
    assert is_text(ended.stdout)
    assert is_text(ended.stderr)
    assert len({line.count("\t") for line in ended.stdout.splitlines()}) == 1
    assert [row.case.plugin for row in measurements] == [*NAMES, "'broken'"]
    assert [row.status.value for row in measurements] == ["ok"] * 3 + ["failed"]
    assert r"'half \ud800' cannot be a name" in ended.stderr
    assert "cannot be a name: it holds U+202E, which nobody sees" in ended.stderr
    assert "cannot be a name: it has 10,001 characters, and a name has at most 200" in ended.stderr


@pytest.mark.parametrize("name", TEXTS)
def test_every_form_of_the_run_is_text(outcome: Outcome, name: str) -> None:
    host = discover([str(PLUGIN)])
    shown = ReportContext(shows="run", outcomes=(outcome,), plugins=listed(outcome.codes))
    text = publish(find_format(host, "run", name, None), shown).decode("utf-8")
    assert is_text(text)
    if name == "csv":
        rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
        assert {len(row) for row in rows} == {len(rows[0])}
        assert [row[3] for row in rows[1:]] == [*map(escape_csv, OLD_NAMES), "''broken'"]
        assert rows[1][3] == "'=cmd|'!A0"
    elif name == "junit":
        tests = list(ElementTree.fromstring(text).iter("testcase"))
        assert [test.get("name") for test in tests][:2] == list(OLD_NAMES[:2])
    elif name == "openmetrics":
        tokens = next(family for family in families(text) if family.name == "assay_tokens")
        assert [sample.labels["tokenizer"] for sample in tokens.samples][:2] == list(OLD_NAMES[:2])
    elif name == "json":
        rows = json.loads(text)["tokenizers"]
        assert [row["tokenizer"] for row in rows] == [*OLD_NAMES, "'broken'"]
        assert {row["corpus"] for row in rows} == {OLD_CORPUS}
    elif name == "html":
        assert "<b>" not in text
        assert "<i>" not in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "--as", "table"],
        ["show", "--as", "table", "--store", "old"],
        ["list", "-v", "--plugin", str(PLUGIN)],
        ["plugins", "why", str(PLUGIN)],
        ["history", "@w", "--format", "csv", "--store", "old"],
        ["tokens", "a text", "--plugin", str(PLUGIN), "--load", "corpora"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_command_writes_text(cli: Any, ran: tuple[Path, Any], outcome: Outcome, arguments: list[str]) -> None:
    told = cli(*arguments, cwd=ran[0])
    assert is_text(told.stdout)
    assert is_text(told.stderr)
    assert "Traceback" not in told.stderr
    assert told.stdout
