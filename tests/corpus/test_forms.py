"""The name of a text: its path, the options behind it, and the form of its files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.corpus.forms import FileName, is_path, parts

OPTIONS = st.text(st.sampled_from("a*.,&#%=/ é"), min_size=1)


@given(include=st.lists(OPTIONS), field=st.none() | OPTIONS)
def test_what_is_written_behind_a_path_is_read_again(include: list[str], field: str | None) -> None:
    name = FileName(path="my texts/a#b", include=tuple(include), field=field)
    assert FileName.of(str(name)) == name


def test_options_are_written_as_they_are_typed() -> None:
    assert (
        str(FileName(path="src", include=("*.py", "a,b/**"), field="body"))
        == "src#include=*.py&include=a,b/**&field=body"
    )
    assert FileName.of("rows.jsonl#field=body") == FileName(path="rows.jsonl", field="body")


@pytest.mark.parametrize(
    "name", ["src", "c#", "#include=*.py", "notes#1.txt", "src#depth=3", "src#include=*.py&depth=3"]
)
def test_what_has_no_options_is_a_path(name: str) -> None:
    assert FileName.of(name) == FileName(path=name)


def test_a_file_of_that_name_goes_before_options(tmp_path: Path) -> None:
    name = str(tmp_path / "a#field=b")
    assert FileName.of(name).field == "b"
    Path(name).touch()
    assert FileName.of(name) == FileName(path=name)
    assert is_path("notes.txt#field=b")


@pytest.mark.parametrize(
    ("name", "form", "compression"),
    [
        ("a.txt", "text", None),
        ("a.md.gz", "text", "gzip"),
        ("a.jsonl.zst", "jsonl", "zstd"),
        ("a.csv", "csv", None),
        ("a.json.gz", "json", "gzip"),
        ("a.log.gz", "text", "gzip"),
    ],
)
def test_the_form_is_told_by_the_name(name: str, form: str, compression: str | None) -> None:
    assert parts(name) == (form, compression)


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.tsv.gz", "a.json.gz", "a.py", "Makefile"])
def test_what_is_read_only_where_it_is_named(name: str) -> None:
    assert parts(name, named=False) is None
