"""What the tests themselves stand on: pairs of choices, commands in this process, and what is tried again."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import is_hypothesis_test

from assay.cli.app import app
from covering import covering

pytest_plugins = ["pytester"]
Cli = Callable[..., Any]

CHOICES = ("abcdefgh", range(5), "xy", "uv", range(9))


def pairs(members: Any) -> set[Any]:
    return {pair for member in members for pair in combinations(enumerate(member), 2)}


@pytest.mark.parametrize("allowed", [lambda member: True, lambda member: member[1] != member[4]], ids=["all", "some"])
def test_pairs_are_covered_by_few_and_always_the_same(allowed: Callable[[Any], bool]) -> None:
    members = [member for member in product(*CHOICES) if allowed(member)]
    chosen = covering(members)
    assert pairs(chosen) == pairs(members)
    assert set(chosen) <= set(members)
    assert 72 <= len(chosen) <= 110  # 8 times 9 at least, and 1440 in all
    assert chosen == covering(members)
    assert covering([]) == []


# A command line for every command, whose output is the same each time.
LINES = {
    "run": ("--tokenizers", "gpt-2"),
    "list": ("--json",),
    "plugins": ("why", "gpt3"),
    "new-plugin": ("my.tokenizer",),
    "conform": ("gpt3",),
    "show": (),
    "compare": ("a", "b"),
    "check": (),
    "bisect": ("no-such-run",),
    "accept": (),
    "history": ("tokens",),
    "tokens": ("naïve 🙂", "--tokenizers", "gpt2,regex", "--json"),
    "report": (),
    "export": ("pytest-benchmark",),
    "store": ("info",),
    "doctor": ("--no-such-option",),
    "data": ("list",),
}


def test_every_command_has_a_line() -> None:
    assert set(LINES) == set(app.commands)


@pytest.mark.parametrize("name", LINES)
def test_a_command_says_the_same_in_a_process_of_its_own(name: str, cli: Cli, command: Cli) -> None:
    here, there = (call(name, *LINES[name], env={"ASSAY_THREADS": "1"}) for call in (cli, command))
    assert (here.rc, here.stdout, here.stderr) == (there.rc, there.stdout, there.stderr)
    assert here.stdout or here.stderr


def test_a_command_in_this_process_leaves_it_as_it_was(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "left_behind.py").write_text("import assay\nassay_hooks = 2\n")
    (tmp_path / "site").mkdir()

    def state() -> Any:
        return Path.cwd(), dict(os.environ), sys.argv, list(sys.path), sys.stdin, sys.stdout, sys.stderr

    before = state()
    ran = cli("list", "--plugin", "left_behind.py", "--json", env={"PYTHONPATH": tmp_path / "site", "ASSAY_QUIET": "1"})
    assert ran.json["failures"]
    assert state() == before
    assert "assay_file_left_behind" not in sys.modules


@pytest.mark.long
def test_what_reads_a_clock_is_measured_anew_when_it_is_tried_again_and_nothing_else_is_tried(
    pytester: pytest.Pytester,
) -> None:
    ours = Path(__file__).parent
    pytester.makeconftest((ours / "conftest.py").read_text("utf-8"))
    pytester.makeini(f"[pytest]\npythonpath = {ours}\nmarkers =\n  alone\n  long\n")
    pytester.makepyfile(
        """
        import itertools, pytest
        numbers = itertools.count()

        @pytest.fixture(scope="module")
        def measured():
            return next(numbers)

        @pytest.mark.alone
        def test_clock(measured):
            assert measured == 1

        def test_property():
            assert next(numbers) == 3
        """
    )
    ran = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    ran.assert_outcomes(passed=1, failed=1)
    assert ran.parseoutcomes()["rerun"] == 1


def test_no_property_is_tried_again(request: pytest.FixtureRequest) -> None:
    again = [item for item in request.session.items if item.get_closest_marker("flaky") is not None]
    assert [item.nodeid for item in again if is_hypothesis_test(getattr(item, "obj", None))] == []
