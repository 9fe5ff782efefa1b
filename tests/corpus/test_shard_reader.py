"""Reading shards: the same documents from every form, in passages that put together are the documents."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from assay.corpus import shard_reader
from assay.corpus.shard_reader import Passage, passages, sha256_of
from assay.corpus.shards import find_shards
from assay.errors import CorpusError
from assay.execute.sharded.shard_counter import cut_of
from assay.plugins.types import TokenizerPlugin

TEXTS = ["one line", "two\nlines 🙂", "", "é" * 50]
ANYWHERE = cut_of([TokenizerPlugin(name="any", summary="", build=lambda text: None, splits_at="")])  # type: ignore[arg-type,return-value]


def write(path: Path, texts: Sequence[str | bytes]) -> Path:
    """Write documents in the form that a name tells."""
    stem = path.name.removesuffix(".gz").removesuffix(".zst")
    if stem.endswith(".parquet"):
        parquet.write_table(pa.table({"text": pa.array(texts), "number": range(len(texts))}), path)
        return path
    if stem.endswith(".jsonl"):
        content = "".join(json.dumps({"number": 1, "text": text}) + "\n" for text in texts).encode()
    else:
        (text,) = texts
        content = text if isinstance(text, bytes) else text.encode()
    compress = {".gz": gzip.compress, ".zst": zstandard.compress}.get(path.suffix, bytes)
    path.write_bytes(compress(content))
    return path


def read(path: Path, *, chunk: int = 1 << 20) -> list[Passage]:
    (shard,) = find_shards(str(path))
    return list(passages(shard, sha256_of(shard), ANYWHERE, chunk=chunk))


def joined(found: Sequence[Passage]) -> list[str]:
    """The documents that passages are of."""
    texts: list[str] = [""] * (1 + found[-1].document)
    for passage in found:
        texts[passage.document] += passage.text
    assert [passage.last for passage in found].count(True) == len(texts)
    return texts


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.parquet"])
def test_documents_are_the_same_from_every_form(tmp_path: Path, name: str) -> None:
    assert joined(read(write(tmp_path / name, TEXTS))) == TEXTS


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a.md.zst"])
def test_a_text_file_is_one_document(tmp_path: Path, name: str) -> None:
    assert joined(read(write(tmp_path / name, ["one\n\ntwo\n"]))) == ["one\n\ntwo\n"]


def test_frames_and_members_one_after_the_other_are_one_file(tmp_path: Path) -> None:
    """As `cat a.gz b.gz` and parallel compressors write them."""
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"one ") + gzip.compress(b"two"))
    (tmp_path / "a.txt.zst").write_bytes(zstandard.compress(b"one ") + zstandard.compress(b"two"))
    for name in ("a.txt.gz", "a.txt.zst"):
        assert joined(read(tmp_path / name)) == ["one two"]


def test_bytes_that_are_no_utf8_are_replaced_and_counted(tmp_path: Path) -> None:
    (found,) = read(write(tmp_path / "a.txt", [b"caf\xe9 \xf0\x9f\x99 \xef\xbf\xbd ok"]))
    assert (found.text, found.bad) == ("caf\ufffd \ufffd\ufffd\ufffd \ufffd ok", 4)
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "caf\xe9 \\ud800"}\n\n')
    (found,) = read(tmp_path / "a.jsonl")
    assert (found.text, found.bad) == ("caf\ufffd \ufffd", 2)
    column = pa.array([b"caf\xe9", None, b"ok"], pa.binary()).cast(pa.string(), safe=False)
    parquet.write_table(pa.table({"text": column}), tmp_path / "a.parquet")
    assert [(passage.text, passage.bad) for passage in read(tmp_path / "a.parquet")] == [
        ("caf\ufffd", 1),
        ("", 0),
        ("ok", 0),
    ]


@given(words=st.lists(st.text("ab🙂é\n ", max_size=9), max_size=60), block=st.integers(1, 50), chunk=st.integers(5, 80))
def test_passages_are_the_document_and_do_not_depend_on_blocks(words: list[str], block: int, chunk: int) -> None:
    text = " ".join(words)
    blocks = [text[start : start + block] for start in range(0, len(text), block)]
    found = list(shard_reader._cut(0, blocks, ANYWHERE, chunk))
    assert "".join(passage.text for passage in found) == text
    assert [passage.text for passage in found] == [
        passage.text for passage in shard_reader._cut(0, [text], ANYWHERE, chunk)
    ]
    assert all(len(passage.text) >= chunk for passage in found[:-1])
    assert all(passage.text[0].isspace() for passage in found[1:])


@pytest.mark.long
def test_a_text_without_a_place_to_cut_comes_whole_in_linear_time(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", ["x" * 5_000_000])
    assert [len(passage.text) for passage in read(path, chunk=1_000)] == [5_000_000]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", b'{"text": "a"}\n{"text": \n', "line 2 of .* is not valid JSON"),
        ("a.jsonl", b'{"content": "a", "id": "b"}\n', "name one of content, id with --field"),
        ("a.jsonl", b"[1]\n", "has no text 'text'.*each record must be an object"),
        ("a.txt.gz", gzip.compress(b"hello " * 999, mtime=0)[:-20], "is not a whole gzip file"),
        ("a.txt.gz", b"hello", "is not a whole gzip file"),
        ("a.txt.zst", b"hello", "is not a whole zstd file"),
        ("a.parquet", b"hello", "cannot be read as Parquet"),
    ],
)
def test_what_is_not_of_its_form_is_told_in_a_sentence(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=said):
        read(tmp_path / name)


def test_a_truncated_zstandard_file_is_not_read_as_a_shorter_one(tmp_path: Path) -> None:
    text = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(200))
    (tmp_path / "a.txt.zst").write_bytes(zstandard.compress(text.encode())[:-400])
    with pytest.raises(CorpusError, match="is not a whole zstd file"):
        read(tmp_path / "a.txt.zst")


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt.gz", "a.parquet"])
def test_a_shard_that_changed_after_it_was_looked_at_is_refused(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, ["one"])
    (shard,) = find_shards(str(path))
    before = sha256_of(shard)
    write(path, ["two"])
    with pytest.raises(CorpusError, match="is not the file that was looked at before"):
        list(passages(shard, before, ANYWHERE))


@pytest.mark.long
@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_bomb_is_unpacked_in_blocks_and_ends_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = write(tmp_path / f"a.txt{suffix}", [b"0" * 40_000_000])
    assert path.stat().st_size < 100_000
    (shard,) = find_shards(str(path))
    with path.open("rb") as stream:
        sizes = {len(block) for block in shard_reader._blocks(shard, shard_reader.Meter(stream))}
    assert max(sizes) <= 32 << 20
    monkeypatch.setattr(shard_reader, "LONGEST", 1 << 21)
    with pytest.raises(CorpusError, match=r"document 0 of .*a\.txt\.\w+ has more than 2 Mi characters .*not held"):
        read(path)


def test_a_line_that_never_ends_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_reader, "LONGEST", 1 << 20)
    path = write(tmp_path / "a.jsonl.gz", ["one", "x" * 3_000_000])
    with pytest.raises(CorpusError, match=r"a line of .*a\.jsonl\.gz has more than 1 Mi characters .*make shorter"):
        read(path)


@pytest.mark.parametrize(("name", "what"), [("a.json.gz", "the array"), ("a.csv.gz", "a line")])
def test_an_array_and_a_row_that_never_end_are_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, what: str
) -> None:
    monkeypatch.setattr(shard_reader, "LONGEST", 1 << 20)
    content = f'["{"x" * 3_000_000}"]' if "json" in name else f"text\n{'x' * 3_000_000}\n"
    path = tmp_path / name
    path.write_bytes(gzip.compress(content.encode()))
    with pytest.raises(CorpusError, match=rf"{what} of .*{name} has more than 1 Mi characters"):
        read(path)
