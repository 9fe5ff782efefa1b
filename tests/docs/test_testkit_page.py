"""docs/testkit.md has every check of the kit, with its rule as the code states it, and its examples work."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.testkit import Assayer, checks
from assay.testkit.registry import KINDS

PAGE = Path(__file__).parents[2] / "docs" / "testkit.md"
COMMON = "Every plugin"
Process = Callable[..., Any]


def sections() -> dict[str, list[str]]:
    """The rows of each table, by the heading above it."""
    parts = re.split(r"^### (.+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    tables = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {name: [line for line in body.splitlines() if line.startswith("| `")] for name, body in tables.items()}


def table(kind: str | None) -> list[str]:
    """The rows as they should be: what every kind has in common, or the rest of one."""
    every, *others = (checks(noun) for noun in KINDS)
    common = [check.name for check in every if all(check.name in {one.name for one in other} for other in others)]
    found = [check for check in checks(kind or "tokenizer") if (check.name in common) == (kind is None)]
    return [f"| `{check.name}` | {check.rule} |" for check in found]


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_every_check_is_on_the_page(kind: str | None) -> None:
    heading = COMMON if kind is None else {"corpus": "Corpora"}.get(kind, f"{kind.capitalize()}s")
    wanted = table(kind)
    assert sections()[heading] == wanted, "write:\n" + "\n".join(wanted)


def test_no_other_check_is_on_the_page() -> None:
    assert len(sections()) == 1 + len(KINDS)


@pytest.mark.long
def test_the_example_in_python_prints_the_findings(capsys: pytest.CaptureFixture[str]) -> None:
    *_, example = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    exec(example.replace('"gpt2"', '"bytes"'), {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(checks("tokenizer"))
    assert "vocabulary-size ok 256 None" in lines


@pytest.mark.long
def test_the_example_of_the_fixture_passes_as_a_test_of_a_stranger(process: Process, tmp_path: Path) -> None:
    _, example, _ = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "test_mine.py").write_text(example, "utf-8")
    command = ["-m", "pytest", "-q", "-p", "assay.pytest_plugin", "--import-mode=importlib", "-p", "no:cacheprovider"]
    ran = process([sys.executable, *command], cwd=tmp_path)
    assert (ran.rc, "2 passed" in ran.stdout) == (0, True), ran.stdout
    assert not list(tmp_path.rglob("*.sqlite"))


def test_every_call_of_the_fixture_is_on_the_page() -> None:
    public = [name for name in vars(Assayer) if not name.startswith("_") and name != "forget"]
    assert [name for name in public if f"`assayer.{name}(" not in PAGE.read_text("utf-8")] == []
