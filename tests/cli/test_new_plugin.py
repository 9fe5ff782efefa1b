"""`assay new-plugin`: what it writes can be used by the commands that it prints."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]


def test_a_project_and_what_comes_next(cli: Cli, tmp_path: Path) -> None:
    ran = cli("new-plugin", "my-tokenizer")
    assert (ran.rc, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        "wrote the tokenizer my-tokenizer:",
        "  my-tokenizer/my_tokenizer/__init__.py",
        "  my-tokenizer/my_tokenizer/vocabulary.txt",
        "  my-tokenizer/pyproject.toml",
        "  my-tokenizer/tests/test_my_tokenizer.py",
        "  my-tokenizer/README.md",
        "  my-tokenizer/.github/workflows/conforms.yml",
        "  my-tokenizer/.gitignore",
        "  my-tokenizer/.github/workflows/check.yml",
        "next:",
        "  cd my-tokenizer",
        '  pip install -e ".[test]"',
        "  pytest",
        "  assay conform my-tokenizer",
        "  assay run --tokenizers my-tokenizer --corpora the-verdict --held-out 0 --attentions none --budget 0.2s",
    ]
    again = cli("new-plugin", "my-tokenizer").complaint
    assert again.endswith("my-tokenizer exists already (give another place with -o, or another name)")


@pytest.mark.long
def test_a_single_file_conforms_by_the_command_that_is_printed(cli: Cli, tmp_path: Path) -> None:
    ran = cli("new-plugin", "wall-time", "--kind", "metric", "--file", "-o", "new folder/it.py", "--json")
    assert ran.json["files"] == ["new folder/it.py"]
    program, *arguments = shlex.split(ran.json["commands"][0])
    assert program == "assay"
    held = cli(*arguments, "--json")
    assert (held.rc, held.json["name"], held.json["conforms"]) == (0, "wall_time", True)
    assert (tmp_path / "new folder/it.py").is_file()


def test_bad_input_is_one_line(cli: Cli) -> None:
    assert "cannot be the name of a plugin" in cli("new-plugin", "my.tokenizer").complaint
    assert "'tokeniser' is not one of" in cli("new-plugin", "mine", "--kind", "tokeniser").complaint
    assert "Missing argument 'NAME'" in cli("new-plugin").complaint
