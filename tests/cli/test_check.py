"""`assay check` in real processes: its options, what it writes, how it ends, and a revision of git as the baseline."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import workshop
from planted import DOUBLE, STEADY, TEXT, plugin, source

Cli = Callable[..., Any]

HERE = f"env:{sys.executable}"
STEADY_ONLY = ["check", "--plugin", "planted.py", "--tokenizers", "steady", "--attentions", "none"]
SHORT = ["--corpora", "short.txt", "--budget", "0.01s"]
PYPROJECT = """
[tool.assay]
quiet = true
[tool.assay.check]
effect = "2%"
[tool.assay.budget]
"*/steady/encode" = { effect = "40%", margin = "45%" }
"""

NO_BYTECODE = ":(exclude,glob)**/__pycache__/**"  # which any run of Python leaves beside the sources


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a plugin and a text."""
    plugin(tmp_path / "planted.py", {"steady": STEADY})
    (tmp_path / "short.txt").write_text(TEXT, "utf-8")
    return tmp_path


@dataclass(frozen=True)
class Checked:
    """How a check of the same code ended that had hardly any time, with all that it wrote."""

    ran: Any
    folder: Path


@pytest.fixture(scope="module")
def checked(process: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Checked:
    folder = tmp_path_factory.mktemp("checked")
    plugin(folder / "planted.py", {"steady": STEADY})
    (folder / "short.txt").write_text(TEXT, "utf-8")
    (folder / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    files = ["--json", "--markdown", "comment.md", "--junit", "junit.xml", "--strict"]
    command = [sys.executable, "-m", "assay", *STEADY_ONLY, *SHORT, "--baseline", HERE, *files]
    return Checked(process(command, cwd=folder, env={"ASSAY_CACHE": folder / "cache"}), folder)


def test_strict_ends_with_4_where_something_is_inconclusive(checked: Checked) -> None:
    assert checked.ran.rc == 4, checked.ran.stderr
    assert checked.ran.json["exit_code"] == 4
    assert checked.ran.json["counts"]["inconclusive"] == 2


def test_the_document_says_what_was_compared(checked: Checked) -> None:
    document = checked.ran.json
    assert document["baseline"] == HERE
    assert document["candidate"] != HERE
    assert (document["suite"], document["budget_s"], document["changes"]) == ("quick/1", 0.01, [])
    assert document["headline"].startswith("2 inconclusive")
    assert "--markdown comment.md" in document["command"]
    assert [one["cell"].rpartition("/all/")[2] for one in document["judgements"]] == ["steady/encode", "steady/decode"]


def test_tolerances_come_from_pyproject(checked: Checked) -> None:
    encode, decode = (one["tolerance"] for one in checked.ran.json["judgements"])
    assert encode == {"effect": 0.4, "margin": 0.45}
    assert decode == {"effect": 0.02, "margin": 0.03}


def test_quiet_says_nothing(checked: Checked) -> None:
    assert checked.ran.stderr == ""


def test_a_comment_and_junit_xml_are_written_beside_it(checked: Checked) -> None:
    comment = (checked.folder / "comment.md").read_text("utf-8")
    assert comment.startswith("<!-- assay-check -->\n")
    assert "2 inconclusive" in comment
    (suite,) = ElementTree.parse(checked.folder / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "0", "2")
    assert [test.get("name") for test in suite.findall("testcase")] != []


@pytest.mark.long
def test_without_strict_it_passes_and_shows_tables(cli: Cli, folder: Path) -> None:
    ran = cli(*STEADY_ONLY, *SHORT, "--baseline", HERE, "--operation", "encode", env={"ASSAY_CACHE": folder / "cache"})
    assert ran.rc == 0, ran.stderr
    head, row = ran.stdout.splitlines()[-2:]
    assert head.split("\t")[:3] == ["cell", "verdict", "ratio"]
    assert row.split("\t")[0].endswith("/steady/encode")
    assert row.split("\t")[1] == "inconclusive"
    assert "epoch 1, as it is checked, 0 s left\n" in ran.stderr
    assert ran.stderr.splitlines()[-1].startswith("1 inconclusive")


def test_it_wants_a_baseline(cli: Cli, folder: Path) -> None:
    assert "it takes a --baseline, such as --baseline HEAD~1" in cli(*STEADY_ONLY, *SHORT).complaint


@pytest.mark.parametrize(
    ("baseline", "problem"),
    [
        ("HEAD~99", "there is no revision 'HEAD~99' in the repository"),
        ("kept.json", "there is no file kept.json"),
        ("run:20000101-000000-0000", "results"),
    ],
)
def test_a_baseline_that_is_not_there_is_refused(cli: Cli, folder: Path, baseline: str, problem: str) -> None:
    workshop.commit(folder, {"a.txt": "a"})
    env = {"ASSAY_CHECK_BASELINE": baseline, "ASSAY_CACHE": folder / "cache"}
    assert problem in cli(*STEADY_ONLY, *SHORT, "--quiet", env=env).complaint


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('[tool.assay.budget]\n"*" = "much"', "the budget of '*' has the effect 'much'"),
        ('[tool.assay.check]\nbaselin = "HEAD"', "sets 'baselin', which is no option of assay check"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(cli: Cli, folder: Path, table: str, problem: str) -> None:
    (folder / "pyproject.toml").write_text(table, "utf-8")
    assert problem in cli(*STEADY_ONLY, *SHORT, "--baseline", HERE, "--quiet").complaint


@pytest.mark.long
def test_an_operation_that_nothing_has_is_no_pass(cli: Cli, folder: Path) -> None:
    env = {"ASSAY_CACHE": folder / "cache"}
    ran = cli(*STEADY_ONLY, *SHORT, "--baseline", HERE, "--operation", "encoed", "--quiet", env=env)
    assert ran.rc in (2, 5), ran


@pytest.mark.long
def test_a_stored_run_is_a_baseline(cli: Cli, folder: Path) -> None:
    cases = ["--plugin", "planted.py", "--tokenizers", "steady", "--attentions", "none", "--corpora", "short.txt"]
    stored = cli("run", *cases, "--held-out", "0", "--budget", "0.1s", "--json")
    assert stored.rc == 0, stored.stderr
    ran = cli(*STEADY_ONLY, *SHORT, "--baseline", stored.json["run"]["id"], "--quiet", "--json")
    assert (ran.rc, ran.json["changes"]) == (0, []), ran.stderr
    assert [one["verdict"] for one in ran.json["judgements"]] == ["not judged"]
    assert ran.json["baseline"] == f"run {stored.json['run']['id']}"


@pytest.mark.alone
@pytest.mark.long
def test_a_slowdown_since_a_revision_is_found_and_nothing_else(process: Callable[..., Any], tmp_path: Path) -> None:
    root = tmp_path / "repository"
    first = {
        "backend.py": workshop.BACKEND,
        "pyproject.toml": workshop.project("pace", "1", points={"pace": "pace"}),
        "src/pace.py": source({"pace": STEADY}),
    }
    workshop.commit(root, first)
    workshop.commit(root, {"src/pace.py": source({"pace": DOUBLE})})
    environment = workshop.environment(tmp_path / "env")
    environment.install("--editable", str(root))
    (tmp_path / "short.txt").write_text(TEXT, "utf-8")
    alone = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "ASSAY_CACHE": str(tmp_path / "cache"), "CI": ""}
    cases = ["--tokenizers", "pace", "--attentions", "none", "--corpora", str(tmp_path / "short.txt")]
    limits = ["--effect", "25%", "--margin", "25%", "--budget", "12s"]
    command = [environment.python, "-m", "assay", "check", "--baseline", "HEAD~1", *cases, *limits]
    ran = process(command, cwd=root, env=alone, timeout=250)
    assert ran.rc == 1, ran
    head, *rows = (line.split("\t") for line in ran.stdout.splitlines())
    assert head[:2] == ["cell", "verdict"]
    cells = {cell.rpartition("/all/")[2]: verdict for cell, verdict, *_ in rows}
    assert cells == {"pace/encode": "regressed", "pace/decode": "unchanged"}
    (named,) = (line for line in ran.stderr.splitlines() if line.startswith("assay: regressed: "))
    assert "/pace/encode: +" in named
    assert "decode" not in named
    assert ran.stderr.splitlines()[-1].startswith("1 regressed, 1 unchanged")
    assert workshop.git(root, "status", "--porcelain", "-uall", ".", NO_BYTECODE) == ""
