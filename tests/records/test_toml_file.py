"""Settings files that were written to do harm: each is a sentence, and none hangs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.errors import AssayError
from assay.records.toml_file import MOST_BYTES, read_toml

HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "nested arrays": (lambda path: path.write_text("a = " + "[" * 100_000), "nested too deeply"),
    "nested tables": (lambda path: path.write_text("a = " + "{b = " * 50_000), "nested too deeply"),
    "a dotted key": (lambda path: path.write_text(".".join("a" * 200_000) + " = 1"), "more than 64 parts"),
    "a dotted table": (lambda path: path.write_text("[" + " . ".join("ab" * 50_000) + "]"), "more than 64 parts"),
    "a quoted key": (lambda path: path.write_text('"a".' * 100_000 + "b = 1"), "more than 64 parts"),
    "a key in a table": (lambda path: path.write_text("x = {" + "a." * 100_000 + "b = 1}"), "more than 64 parts"),
    "a pipe": (os.mkfifo, "is not a regular file"),
    "zeros without end": (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
    "a folder": (lambda path: path.mkdir(), "is not a regular file"),
    "gigabytes": (lambda path: sparse(path, 8 << 30), "more than 1 MiB"),
    "bytes": (lambda path: path.write_bytes(b"\xff\xfe"), "cannot be read"),
    "a loop": (lambda path: path.symlink_to(path), "cannot be read"),
}


def sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_settings_file_is_a_sentence(tmp_path: Path, name: str) -> None:
    make, said = HOSTILE[name]
    make(tmp_path / "assay.toml")
    with pytest.raises(AssayError, match=said) as raised:
        read_toml(tmp_path / "assay.toml")
    assert raised.value.exit_code == 2
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize("name", ["nested arrays", "a dotted key", "a pipe", "zeros without end", "gigabytes"])
@pytest.mark.parametrize("file", ["assay.toml", "pyproject.toml"])
def test_a_command_ends_with_2(cli: Callable[..., Any], tmp_path: Path, name: str, file: str) -> None:
    HOSTILE[name][0](tmp_path / file)
    assert f"{file} cannot be read: " in cli("list").complaint


def test_what_is_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('a.b = "' + "x.y" * 20 + '"\nc = ' + "[" * 50 + "]" * 50 + "\n#" + "x" * (MOST_BYTES // 2))
    assert read_toml(path)["a"]["b"].startswith("x.y")
    with pytest.raises(FileNotFoundError):
        read_toml(tmp_path / "none.toml")
