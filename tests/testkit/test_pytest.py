"""A third party's three lines: real entry points, real pytest processes, and never an empty set that looks green."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.testkit import conformance
from faulty import FAULTS, plugin

THREE_LINES = """
from assay.testkit import conformance

test_conforms = conformance({arguments})
"""
Run = Callable[..., Any]
Install = Callable[..., Path]


@pytest.fixture
def run(process: Run, install: Install, tmp_path: Path) -> Run:
    """Install a plugin as a distribution of a stranger's, and run the three lines on it."""

    def call(source: str, arguments: str, *options: str) -> Any:
        site = install("stranger", "1.0", {"mine": "stranger_plugin"}, {"stranger_plugin": source})
        folder = tmp_path / "project"
        folder.mkdir()
        (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
        (folder / "test_mine.py").write_text(THREE_LINES.format(arguments=arguments), "utf-8")
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-ra", *options]
        return process(command, cwd=folder, env={"PYTHONPATH": site})

    return call


@pytest.mark.long
def test_one_case_for_each_rule(run: Run) -> None:
    ran = run(plugin("tokenizer"), '"mine", kind="tokenizer"', "-v")
    assert ran.rc == 0, ran.stdout
    assert "test_mine.py::test_conforms[round-trip] PASSED" in ran.stdout
    assert "test_mine.py::test_conforms[same-ids-as] SKIPPED" in ran.stdout
    assert "it claims nobody's ids" in ran.stdout
    assert "21 passed, 3 skipped" in ran.stdout


@pytest.mark.long
def test_a_fault_is_a_failing_case_with_its_sentence(run: Run) -> None:
    ran = run(FAULTS["wrong sha256"].source, '"mine"')
    assert ran.rc == 1
    assert "The sha256 of its documents is the one that it declares." in ran.stdout
    assert "it declares 0000" in ran.stdout
    assert "Traceback" not in ran.stdout
    assert "1 failed, 10 passed" in ran.stdout


@pytest.mark.parametrize(
    ("source", "name", "kind", "words"),
    [
        (
            plugin("metric"),
            "mien",
            None,
            "there is no plugin 'mien', and nothing that one announces (did you mean mine",
        ),
        (plugin("metric"), "mine", "report", "there is no report named 'mine'"),
        (plugin("metric"), "mine", "tokeniser", "there is no kind of plugin 'tokeniser'"),
        ("import tea_and_biscuits", "mine", None, "cannot be imported: ModuleNotFoundError"),
        ("raise SystemExit(3)", "mine", "metric", "cannot be imported: SystemExit: 3"),
        (plugin("metric", fields="unit=3"), "mine", None, "unit of mine is 3, not text"),
        (plugin("metric").replace("assay_hooks = 1", "assay_hooks = 99"), "mine", None, "written for hooks version 99"),
    ],
)
def test_what_cannot_be_found_is_said_at_once(
    install: Install, source: str, name: str, kind: str | None, words: str
) -> None:
    install("stranger", "1.0", {"mine": "stranger_plugin"}, {"stranger_plugin": source})
    with pytest.raises(pytest.fail.Exception) as caught:
        conformance(name, kind=kind)
    assert words in str(caught.value)


def test_it_is_an_error_at_collection(run: Run) -> None:
    ran = run("import tea_and_biscuits", '"mine"')
    assert ran.rc == 2, ran.stdout
    assert "cannot be imported: ModuleNotFoundError: No module named 'tea_and_biscuits'" in ran.stdout
    assert "1 error" in ran.stdout
    assert "Traceback" not in ran.stdout


@pytest.mark.long
def test_a_file_that_is_not_installed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "other.py"
    file.write_text(plugin("report").replace('"mine"', '"other"'), "utf-8")
    ran = run(plugin("metric"), f'"other", plugins=[{str(file)!r}]')
    assert ran.rc == 0, ran.stdout
    assert "8 passed" in ran.stdout
