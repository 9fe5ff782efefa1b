"""docs/what-runs-code.md says what the code does: settings of git, the message for a plugin, and what is masked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.credentials import mask
from assay.environment import git
from assay.records.toml_file import MOST_BYTES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "what-runs-code.md").read_text("utf-8")
RELIABILITY = (ROOT / "docs" / "reliability.md").read_text("utf-8")


def test_the_settings_of_git_are_those_that_it_is_called_with() -> None:
    told = set(re.findall(r"`-c ([\w.]+=[\w/]+)`", PAGE))
    assert told == {setting for setting in git.SAFE if setting != "-c"}
    assert "GIT_NO_LAZY_FETCH=1" in PAGE
    assert git.QUIET["GIT_NO_LAZY_FETCH"] == "1"


def test_the_message_for_a_plugin_and_the_size_of_a_settings_file(cli: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("")
    (tmp_path / "pyproject.toml").write_text("[tool.assay]\nplugin = ['mine.py']\n")
    (told,) = re.findall(r"`(assay: loads the plugin [^`]*)`", PAGE)
    assert told in cli("list").stderr.splitlines()
    assert f"at most {MOST_BYTES >> 20} MiB" in PAGE


@pytest.mark.parametrize(
    "name", ["key", "code", "sig", "pass", "user", "X-Amz-Date", "X-Goog-Date", "a_token", "b-key"]
)
def test_what_is_said_to_be_masked_is(name: str) -> None:
    assert mask(f"https://h/a?{name}=1&b=2") == f"https://h/a?{name}=***&b=2"


def test_both_pages_are_linked_and_name_tests_that_exist() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "docs/what-runs-code.md" in readme
    assert "docs/reliability.md" in readme
    named = re.findall(r"`(tests/[\w/]+\.py)`", RELIABILITY)
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []
