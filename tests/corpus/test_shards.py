"""Which words after `--corpora` are shards, and which files these are."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from assay.corpus import own_files
from assay.corpus.shards import Shard, find_shards, is_shards
from assay.errors import CorpusError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Shards of every form, and what is none."""
    for name in ("b.jsonl.gz", "a.txt", "c.parquet", "deep/d.ndjson", "deep/e.txt.zst", "_SUCCESS", "notes.pdf"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("name", "shards"),
    [
        ("s3://bucket/data", True),
        ("data/*.txt", True),
        ("*.md", True),
        ("lines.jsonl", True),
        ("rows.parquet", True),
        ("book.txt.gz", True),
        ("book.txt", False),
        ("folder/book.txt", False),
        ("adversarial-*", False),
        ("the-verdict", False),
    ],
)
def test_what_cannot_be_held_is_shards_by_its_name(name: str, shards: bool) -> None:
    assert is_shards(name) is shards


def test_a_folder_is_shards_where_it_does_not_fit_into_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_shards(str(folder))
    monkeypatch.setattr(own_files, "MOST_BYTES", 19)
    assert is_shards(str(folder)), "four files of records or packed ones have 20 bytes"
    assert is_shards(f"{folder}#include=*.jsonl.gz&include=*.zst&include=*.nd*&include=*.parquet")
    assert not is_shards(f"{folder}#include=*.jsonl.gz")
    (folder / "plain").mkdir()
    (folder / "plain" / "a.txt").write_text("a")
    assert not is_shards(str(folder / "plain"))
    odd = folder / "notes [1].txt"
    odd.write_text("a")
    assert not is_shards(str(odd))
    assert [shard.name for shard in find_shards(str(odd))] == ["notes [1].txt"]


def test_a_folder_gives_its_shards_in_order_and_says_what_is_in_them(folder: Path) -> None:
    found = find_shards(str(folder), "content")
    assert [(Path(shard.path).relative_to(folder).as_posix(), shard.form, shard.compression) for shard in found] == [
        ("a.txt", "text", None),
        ("b.jsonl.gz", "jsonl", "gzip"),
        ("c.parquet", "parquet", None),
        ("deep/d.ndjson", "jsonl", None),
        ("deep/e.txt.zst", "text", "zstd"),
    ]
    assert {(shard.size, shard.field) for shard in found} == {(5, "content")}


def test_hidden_folders_are_not_searched_for_shards(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "description.txt").write_text("a")
    assert ".git" not in " ".join(shard.path for shard in find_shards(str(folder)))
    assert [shard.name for shard in find_shards(str(folder / ".git"))] == ["description.txt"]


def test_of_a_folder_others_can_be_included_as_shards(folder: Path) -> None:
    assert [shard.name for shard in find_shards(f"{folder}#include=*.pdf&include=deep/*&field=body", "content")] == [
        "d.ndjson",
        "e.txt.zst",
        "notes.pdf",
    ]
    assert {shard.field for shard in find_shards(f"{folder}#field=body", "content")} == {"body"}


def test_a_pattern_takes_what_fits_whatever_its_suffix(folder: Path) -> None:
    assert [shard.name for shard in find_shards(f"{folder}/**/*.txt*")] == ["a.txt", "e.txt.zst"]
    assert [(shard.name, shard.form) for shard in find_shards(f"{folder}/_*")] == [("_SUCCESS", "text")]


def test_a_url_is_read_through_fsspec() -> None:
    with fsspec.open("memory://shards-of-test/a.jsonl", "wb") as file:
        file.write(b"{}")
    assert find_shards("memory://shards-of-test") == (
        Shard(path="memory:///shards-of-test/a.jsonl", size=2, form="jsonl"),
    )
    assert find_shards("memory://shards-of-test/*.jsonl")[0].name == "a.jsonl"


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("nowhere/*.txt", "no file's name fits it"),
        ("nowhere.jsonl", "give a file, a pattern, a folder or a URL"),
        ("bucket-of-nobody://data", "cannot be read"),
    ],
)
def test_shards_that_are_not_there_are_refused_in_a_sentence(where: str, said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        find_shards(where)


def test_a_folder_without_shards_says_what_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"searched for .*\*\.jsonl.*\*\.gz"):
        find_shards(str(tmp_path))
