"""The user's own files: the same documents from every form, and what is said of how they were read."""

from __future__ import annotations

import csv
import gzip
import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from assay.corpus import own_files
from assay.corpus.forms import FileName
from assay.corpus.loading import divide, load
from assay.corpus.own_files import fits, from_path, named, notes_of, why_counted
from assay.errors import CorpusError
from assay.plugins.types import CorpusPlugin

TEXTS = ["one line", None, "two\nlines 🙂", "", "é" * 50, None]


def write(path: Path, texts: Sequence[str | None], field: str = "text") -> Path:
    """Write records in the form that a name tells."""
    name = path.name.removesuffix(".gz").removesuffix(".zst")
    rows = [{"id": str(number), field: text} for number, text in enumerate(texts)]
    if name.endswith(".parquet"):
        parquet.write_table(pa.Table.from_pylist(rows), path)
        return path
    if name.endswith(".csv"):
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, ["id", field])
            writer.writeheader()
            writer.writerows(rows)
        return path
    content = json.dumps(rows) if name.endswith(".json") else "".join(json.dumps(row) + "\n" for row in rows)
    compress = {".gz": gzip.compress, ".zst": zstandard.compress}.get(path.suffix, bytes)
    path.write_bytes(compress(content.encode("utf-8-sig")))
    return path


def corpus(path: Path, **options: object) -> CorpusPlugin:
    return from_path(FileName(path=str(path), **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name", ["a.jsonl", "a.ndjson", "a.jsonl.gz", "a.jsonl.zst", "a.parquet", "a.csv", "a.json", "a.json.gz"]
)
def test_records_are_documents_and_empty_ones_are_passed_over_alike(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, TEXTS, "body")
    mine = corpus(path, field="body")
    assert [(document.text, document.id) for document in load(mine)] == [
        ("one line", f"{path}:1"),
        ("two\nlines 🙂", f"{path}:3"),
        ("é" * 50, f"{path}:5"),
    ]
    assert notes_of(mine) == "3 empty or null texts passed over"
    assert divide(mine, 0.0).figures == {"corpus_notes": "3 empty or null texts passed over"}
    with pytest.raises(CorpusError, match="has no text 'text'") as caught:
        load(corpus(path))
    assert "body" in str(caught.value.remedy)


@pytest.mark.parametrize("name", ["a.txt.gz", "a.md.zst"])
def test_a_packed_text_is_one_document_as_it_stands(tmp_path: Path, name: str) -> None:
    compress = gzip.compress if name.endswith("gz") else zstandard.compress
    (tmp_path / name).write_bytes(compress("\ufeffZoë\r\n".encode()))
    (document,) = load(corpus(tmp_path / name))
    assert (document.text, document.id) == ("\ufeffZoë\r\n", str(tmp_path / name))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", b'{"text": "caf\xe9"}'),
        ("a.jsonl", b'{"text": "\\ud800"}'),
        ("a.txt.gz", gzip.compress(b"caf\xe9", mtime=0)),
    ],
)
def test_what_is_timed_is_utf_8(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=r"document 1 of .* is not UTF-8"):
        load(corpus(tmp_path / name))


def test_what_is_unusual_is_kept_and_told(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes("\ufeffcafe\u0301\r\nA\u030a\r\n".encode())
    mine = corpus(file)
    assert [document.text for document in load(mine)] == ["\ufeffcafe\u0301\r\nA\u030a\r\n"]
    assert notes_of(mine) == "CRLF line ends, kept; a BOM at the beginning, kept; not NFC, kept: 4 characters"
    (tmp_path / "b.txt").write_text("plain\n")
    (tmp_path / "c.txt").touch()
    folder = corpus(tmp_path)
    load(folder)
    assert notes_of(folder) == (
        "3 files, 3 read (.txt); 1 empty or null text passed over; CRLF line ends in 1 of 2 documents, kept;"
        " a BOM at the beginning in 1 of 2 documents, kept; not NFC, kept: 4 characters in 1 of 2 documents"
    )


def test_of_a_plain_file_there_is_nothing_to_say(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text\n")
    mine = corpus(tmp_path / "a.txt")
    load(mine)
    assert notes_of(mine) is None


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_changes_by_nfc_where_characters_are_counted(text: str) -> None:
    changed = own_files._changed(text)
    assert changed >= 1
    if unicodedata.normalize("NFC", text) == text:
        assert changed == 1, "which is not asked then"


def test_binary_files_are_left_out_and_named_where_a_pattern_takes_them(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("pass\n")
    (tmp_path / "b.py").write_bytes("# naïve".encode("latin-1"))
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    mine = corpus(tmp_path, include=("*",))
    assert [Path(document.id).name for document in load(mine)] == ["a.py"]
    assert notes_of(mine) == "3 files, 1 read (.py); no UTF-8 text, left out: b.py, logo.png"
    (tmp_path / "c.txt").write_bytes(b"caf\xe9")
    with pytest.raises(CorpusError, match=r"c\.txt is not UTF-8"):
        load(corpus(tmp_path, include=("*",)))


def test_tables_and_arrays_of_a_folder_are_text_unless_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "x"}')
    assert [document.text for document in load(corpus(tmp_path, include=("*",)))] == ['{"name": "x"}']
    write(tmp_path / "b.csv", ["one", "two"])
    assert len(load(corpus(tmp_path, include=("*",)))) == 2
    assert [document.text for document in load(corpus(tmp_path, include=("*.csv",)))] == ["one", "two"]
    assert [document.text for document in load(corpus(tmp_path, include=("b*",), field="id"))] == ["0", "1"]
    with pytest.raises(CorpusError, match=r"package\.json is not a JSON array"):
        load(corpus(tmp_path, include=("*.json",)))


def test_up_to_a_size_records_and_packed_texts_are_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_files, "MOST_BYTES", 5_000)
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"a" * 5_000))
    assert fits(FileName(path=str(tmp_path / "a.txt.gz")))
    assert why_counted(str(tmp_path / "a.txt.gz")) == "counted shard by shard, and not timed"
    write(tmp_path / "b.jsonl", ["a"])
    assert not fits(FileName(path=str(tmp_path)))
    assert why_counted(str(tmp_path)) == (
        "2 files, 2 read (.jsonl, .txt.gz); counted shard by shard, and not timed, as records and packed texts of more"
        " than 0.005 MB are"
    )
    write(tmp_path / "c.parquet", ["a" * number for number in range(200)])
    assert not fits(FileName(path=str(tmp_path / "c.parquet")))
    (tmp_path / "big.txt").write_text("a" * 9_000)
    assert fits(FileName(path=str(tmp_path / "big.txt"))), "plain text is timed, whatever its size"


def test_options_are_named_only_where_they_change_what_is_read(tmp_path: Path) -> None:
    write(tmp_path / "rows.jsonl", ["a"], "body")
    (tmp_path / "a.txt").write_text("a")
    assert named(f"{tmp_path}/", ["*.py", "*.txt"], "text") == f"{tmp_path}#include=*.py&include=*.txt"
    assert named(f"{tmp_path}#include=*.md", ["*.py"], "body") == f"{tmp_path}#include=*.md"
    assert named(str(tmp_path / "rows.jsonl"), ["*.py"], "body") == f"{tmp_path / 'rows.jsonl'}#field=body"
    assert named(str(tmp_path / "a.txt"), ["*.py"], "body") == str(tmp_path / "a.txt")
    assert named("s3://bucket/a.jsonl", ["*.py"], "body") == "s3://bucket/a.jsonl"
