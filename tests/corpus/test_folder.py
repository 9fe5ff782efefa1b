"""A folder: which of its files are read, and what is said of the others."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from assay.corpus.folder import Listing, list_folder


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def read(listing: Listing, folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in listing.read]


def test_text_and_records_are_read_and_the_rest_is_told(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "b/c.jsonl.gz", "b/a.md", "x.py", "y.py", "z.csv", "Makefile", "old.json.gz")
    listing = list_folder(tmp_path)
    assert read(listing, tmp_path) == ["a.txt", "b/a.md", "b/c.jsonl.gz"]
    assert listing.describe() == (
        "8 files, 3 read (.jsonl.gz, .md, .txt); 5 left out: .py, .csv, .json.gz, no suffix, which --include reads"
    )


def test_the_sentence_of_the_issue(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "b.py", "c.py", "d.csv")
    assert list_folder(tmp_path).describe() == "4 files, 1 read (.txt); 3 left out: .py, .csv, which --include reads"


@pytest.mark.parametrize(
    ("include", "names"),
    [
        (["*.py"], ["a.py", "src/b.py", "src/deep/c.py"]),
        (["src/*.py"], ["src/b.py", "src/deep/c.py"]),
        (["src/**/*.py"], ["src/b.py", "src/deep/c.py"]),
        (["**/deep/*"], ["src/deep/c.py", "src/deep/d.txt"]),
        (["a.py", "*.txt"], ["a.py", "src/deep/d.txt"]),
        (["*.rs"], []),
    ],
)
def test_patterns_take_the_place_of_the_usual_forms(tmp_path: Path, include: Sequence[str], names: list[str]) -> None:
    write(tmp_path, "a.py", "src/b.py", "src/deep/c.py", "src/deep/d.txt")
    listing = list_folder(tmp_path, include)
    assert read(listing, tmp_path) == names
    assert "--include" not in listing.describe()


def test_what_no_code_folder_means_is_not_searched_and_said(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", ".git/b.txt", "node_modules/c.txt", "env/pyvenv.cfg", "env/d.txt", "x/__pycache__/e.txt")
    listing = list_folder(tmp_path)
    assert read(listing, tmp_path) == ["a.txt"]
    assert listing.describe() == "1 file, 1 read (.txt); not searched: .git, env, node_modules, x/__pycache__"
    assert read(list_folder(tmp_path / ".git"), tmp_path) == [".git/b.txt"], "unless it is named"


def test_links_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    write(tmp_path, "data/a.txt", "data/deep/b.txt")
    (tmp_path / "data" / "deep" / "up").symlink_to(tmp_path / "data")
    (tmp_path / "data" / "again").symlink_to(tmp_path / "data" / "deep")
    (tmp_path / "data" / "gone.txt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "data" / "pipe.txt")
    listing = list_folder(tmp_path / "data")
    assert sorted(path.name for path in listing.read) == ["a.txt", "b.txt"]
    assert listing.left_out == {"what is no file": 2}


def test_many_kinds_are_cut_short(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", *(f"a.x{letter}" for letter in "abcdefghij"))
    assert list_folder(tmp_path).describe().endswith(".xg, .xh and 2 more, which --include reads")
