"""`pytest --assay-check` in a foreign project, by real pytest processes.

The project times its work by a clock of its own, as pytest-benchmark permits, which tells the work that was done: what
a busy machine makes of other clocks is a matter of chance, and of `tests/comparison/test_session_drift.py`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

MODULE = """
import random

CHANCE = random.Random(7)
spent = 0.0

def clock():
    spend(1e-9)
    return spent

def spend(seconds):
    global spent
    spent += seconds * (1.0 + CHANCE.random() / 50)

def parse():
    spend({parse})

def render():
    spend(0.003)
"""
TESTS = """
import pytest
import work

pytestmark = pytest.mark.benchmark(timer=work.clock)
LONG = "a rather long name of a parameter, eighty letters of it, that nobody should ever cut"

def test_{parse}(benchmark):
    benchmark.pedantic(work.parse, rounds=15)

@pytest.mark.parametrize("how", [LONG, "short"])
def test_render(benchmark, how):
    benchmark.pedantic(work.render, rounds=15)
    assert {holds}
"""
PARSE = "test_work.py::test_parse"
ANNOUNCED = any(point.value == "assay.pytest_plugin" for point in metadata.entry_points(group="pytest11"))
LOADED = [] if ANNOUNCED else ["-p", "assay.pytest_plugin"]
VERDICTS = "regressed|improved|unchanged|inconclusive|failed|missing|added|not judged|not comparable"
Pytest = Callable[..., Any]


def write(folder: Path, *, parse: str = "parse", seconds: float = 0.003, holds: bool = True) -> None:
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "work.py").write_text(MODULE.format(parse=seconds), encoding="utf-8")
    (folder / "test_work.py").write_text(TESTS.format(parse=parse, holds=holds), encoding="utf-8")


@pytest.fixture
def run(process: Callable[..., Any], tmp_path: Path) -> Pytest:
    """Run pytest in the project; byte code is not kept, since two versions may be of one second."""

    def call(*arguments: str, env: Mapping[str, str] | None = None) -> Any:
        command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", *LOADED, *arguments]
        return process(command, cwd=tmp_path, env={"PY_COLORS": "0", **(env or {})})

    return call


@pytest.fixture(scope="module")
def stored(process: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the project wrote when it was well."""
    folder = tmp_path_factory.mktemp("foreign")
    write(folder)
    ran = process([sys.executable, "-m", "pytest", "-q", "--benchmark-json", "baseline.json"], cwd=folder)
    assert ran.rc == 0, ran
    return (folder / "baseline.json").read_text("utf-8")


@pytest.fixture
def project(tmp_path: Path, stored: str) -> Path:
    """The project and its baseline, both still the same."""
    write(tmp_path)
    (tmp_path / "baseline.json").write_text(stored, encoding="utf-8")
    return tmp_path


def found(ran: Any) -> dict[str, list[str]]:
    """The names under each verdict."""
    named: dict[str, list[str]] = {}
    for line in ran.stdout.splitlines():
        row = re.match(rf"(test_work\.py::.*?) {{2,}}({VERDICTS}) ", line)
        if row:
            named.setdefault(row[2], []).append(row[1].strip())
    return named


@pytest.mark.long
def test_unchanged_code_passes(project: Path, run: Pytest) -> None:
    ran = run("--assay-check=baseline.json", "--assay-strict", "--assay-markdown=verdicts.md")
    assert ran.rc == 0, ran
    names = found(ran)
    assert names.keys() == {"unchanged"}
    assert len(names["unchanged"]) == 3
    assert any("eighty letters of it, that nobody should ever cut]" in name for name in names["unchanged"])
    assert "assay: nothing regressed (3 unchanged); exit code 0" in ran.stdout
    assert "no change beyond what stored timings can tell (±25%)" in ran.stdout
    page = (project / "verdicts.md").read_text("utf-8")
    assert page.startswith("### assay check against baseline.json\n")
    assert page.count("| unchanged |") == 3


@pytest.mark.long
def test_a_planted_slowdown_is_named_alone(project: Path, run: Pytest) -> None:
    write(project, seconds=0.009)
    ran = run("--assay-check=baseline.json")
    assert ran.rc == 1, ran
    assert found(ran)["regressed"] == [PARSE]
    assert "3 passed" in ran.stdout
    assert "assay: regressed (1 regressed, 2 unchanged); exit code 1" in ran.stdout


@pytest.mark.long
def test_several_stored_sessions_are_read(project: Path, run: Pytest, stored: str) -> None:
    files = [f"{number}.json" for number in range(3)]
    for file in files:
        (project / file).write_text(stored, encoding="utf-8")
    write(project, seconds=0.0009)
    ran = run(*(f"--assay-check={file}" for file in files))
    assert ran.rc == 0, ran
    assert found(ran)["improved"] == [PARSE]
    assert "assay check against 3 stored sessions" in ran.stdout


@pytest.mark.long
def test_a_renamed_benchmark_and_one_of_few_rounds_never_pass_in_silence(project: Path, run: Pytest) -> None:
    write(project, parse="parse_text", seconds=0.02)
    document = json.loads((project / "baseline.json").read_text("utf-8"))
    few = document["benchmarks"][1]
    few["stats"]["data"] = few["stats"]["data"][:2]
    (project / "baseline.json").write_text(json.dumps(document), encoding="utf-8")
    ran = run("--assay-check=baseline.json", "--assay-strict")
    assert ran.rc == 5, ran
    assert (found(ran)["missing"], found(ran)["added"]) == ([PARSE], ["test_work.py::test_parse_text"])
    assert "was it renamed to test_work.py::test_parse_text?" in ran.stdout
    assert found(ran)["not judged"] == [few["fullname"]]
    assert "assay: a benchmark is missing" in ran.stdout
    ran = run("--assay-check=baseline.json", "--assay-strict", "--assay-allow-missing=*::test_parse")
    assert ran.rc == 4, ran
    assert "assay: not every benchmark could be judged" in ran.stdout


def test_another_machine_is_not_comparable(project: Path, run: Pytest, stored: str) -> None:
    document = json.loads(stored)
    document["machine_info"]["cpu"]["count"] = 4096
    (project / "baseline.json").write_text(json.dumps(document), encoding="utf-8")
    ran = run("--assay-check=baseline.json")
    assert ran.rc == 5, ran
    assert "cores is 4096 in baseline.json and" in ran.stdout
    assert "could be compared (3 not comparable); exit code 5" in ran.stdout


@pytest.mark.long
def test_a_failing_test_has_no_verdict_and_keeps_its_exit_code(project: Path, run: Pytest) -> None:
    write(project, seconds=0.009, holds=False)
    ran = run("--assay-check=baseline.json", "--assay-allowance=900%")
    assert ran.rc == 1, ran
    assert len(found(ran)["failed"]) == 2
    assert "assay: a benchmark failed (1 unchanged, 2 failed); exit code 1" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--assay-check=baseline.json", "--assay-check=work.py"], "work.py is not valid JSON"),
        (["--assay-check=baseline.json", "-p", "no:benchmark"], "needs pytest-benchmark, which is not loaded"),
        (["--assay-check=baseline.json", "--assay-allowance=much"], "'much' is no share above 0%; write 25% or 0.25"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(project: Path, run: Pytest, arguments: list[str], words: str) -> None:
    ran = run(*arguments)
    assert ran.rc == 4, ran
    assert len([line for line in ran.stderr.splitlines() if words in line]) == 1
    assert "Traceback" not in ran.stderr


def test_disabled_benchmarks_are_said_to_be_unmeasured(project: Path, run: Pytest) -> None:
    ran = run("--assay-check=baseline.json", "--benchmark-disable")
    assert ran.rc == 3, ran
    assert "nothing was measured: benchmarks are disabled or skipped" in ran.stdout


@pytest.mark.long
def test_xdist_measures_nothing_and_says_so(project: Path, run: Pytest) -> None:
    pytest.importorskip("xdist")
    ran = run("--assay-check=baseline.json", "-n", "1")
    assert ran.rc == 3, ran
    assert "nothing was measured: pytest-benchmark does not measure under pytest-xdist" in ran.stdout


def test_without_the_option_the_plugin_is_silent_and_costs_nothing(project: Path, process: Callable[..., Any]) -> None:
    packages = ("scipy", "numpy", "pandas", "click", "rich", "sqlalchemy", "assay.comparison.session_drift")
    heavy = f"[m for m in {packages} if m in sys.modules]"
    (project / "test_last.py").write_text(f"import sys\ndef test_last():\n    assert {heavy} == []\n", encoding="utf-8")
    command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:benchmark", *LOADED]
    ran = process([*command, "test_last.py"], cwd=project)
    assert ran.rc == 0, ran
    assert "assay:" not in ran.stdout
