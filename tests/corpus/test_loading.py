"""Corpora: found by name or path, read, verified, and divided into training and held-out text."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assay.corpus.forms import FileName, is_path
from assay.corpus.loading import digest, divide, draw, find, load
from assay.corpus.own_files import from_path as made
from assay.errors import CorpusError, UnknownName
from assay.plugins.host import Found, Host, Origin
from assay.plugins.types import EDGE_CASE, CorpusPlugin, Document

SHARES = st.sampled_from([0.01, 0.1, 0.25, 0.5, 0.9, 0.99])
# White space is common, so that cuts have something to choose from.
TEXT = st.text(st.sampled_from("ab.\u00e9\u5b57 \t\n\r"), min_size=1, max_size=60)


def corpus_of(*texts: str, sha256: str | None = None, name: str = "mine") -> CorpusPlugin:
    documents = tuple(Document(text=text, id=f"{name}-{number}", language="en") for number, text in enumerate(texts))
    return CorpusPlugin(
        name=name,
        summary="a corpus of a test",
        documents=lambda: iter(documents),
        sha256=sha256,
        title="Mine",
        author="me",
        source="here",
        language="en",
        kind="test",
    )


def from_path(path: Path, **options: Any) -> CorpusPlugin:
    return made(FileName(path=str(path), **options))


def texts_of(documents: Sequence[Document]) -> list[str]:
    return [document.text for document in documents]


class TestFind:
    @pytest.fixture
    def host(self) -> Host:
        return Host([Found(plugin=corpus_of("named"), origin=Origin(entry_point="test"))], [])

    def test_by_name(self, host: Host) -> None:
        assert texts_of(load(find(host, "mine"))) == ["named"]

    def test_by_path(self, host: Host, tmp_path: Path) -> None:
        (tmp_path / "novel.txt").write_text("by path", "utf-8")
        assert texts_of(load(find(host, str(tmp_path / "novel.txt")))) == ["by path"]

    def test_a_name_goes_before_a_file_of_that_name(
        self, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("mine").write_text("a file", "utf-8")
        assert texts_of(load(find(host, "mine"))) == ["named"]

    def test_a_file_without_suffix_is_found_in_the_working_folder(
        self, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("novel").write_text("a file", "utf-8")
        assert texts_of(load(find(host, "novel"))) == ["a file"]

    def test_neither_name_nor_path(self, host: Host) -> None:
        with pytest.raises(UnknownName, match="did you mean mine"):
            find(host, "mime")

    @pytest.mark.parametrize("name", ["a/b", "./novel", "C:\\novel", "novel.txt", "novel.md", "novel.text"])
    def test_what_looks_like_a_path_is_one(self, name: str) -> None:
        assert is_path(name)

    @pytest.mark.parametrize("name", ["the-verdict", "novel", "*", "the-*"])
    def test_what_does_not_is_a_name(self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert not is_path(name)


class TestFromPath:
    def test_a_file_is_one_document_as_it_stands(self, tmp_path: Path) -> None:
        file = tmp_path / "novel.txt"
        file.write_bytes("Zoë\r\nwrote\x00 字\n".encode())
        corpus = from_path(file)
        (document,) = load(corpus)
        assert document.text == "Zoë\r\nwrote\x00 字\n"
        assert (corpus.name, corpus.source, document.id) == (str(file), str(file), str(file))
        assert (corpus.sha256, corpus.kind, corpus.language) == (None, "user", "und")

    def test_a_folder_gives_its_text_files_in_path_order(self, tmp_path: Path) -> None:
        (tmp_path / "b").mkdir()
        for name in ("c.txt", "a.md", "b/z.text", "b/a.txt", "b/skip.py", "skip"):
            (tmp_path / name).write_text(name, "utf-8")
        assert texts_of(load(from_path(tmp_path))) == ["a.md", "b/a.txt", "b/z.text", "c.txt"]

    def test_a_folder_named_like_a_text_is_no_text(self, tmp_path: Path) -> None:
        (tmp_path / "folder.txt").mkdir()
        (tmp_path / "folder.txt" / "a.txt").write_text("inside", "utf-8")
        assert texts_of(load(from_path(tmp_path))) == ["inside"]

    def test_a_folder_without_text(self, tmp_path: Path) -> None:
        (tmp_path / "code.py").write_text("pass", "utf-8")
        with pytest.raises(CorpusError, match="has no text") as caught:
            from_path(tmp_path)
        assert "*.txt" in str(caught.value.remedy)

    def test_a_path_that_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match=r"there is no corpus .*novel\.txt") as caught:
            from_path(tmp_path / "novel.txt")
        assert caught.value.remedy

    def test_bad_utf_8_is_named_with_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "latin.txt").write_bytes(b"Zo\xeb wrote")
        with pytest.raises(CorpusError, match=r"latin\.txt is not UTF-8: byte 0xeb at offset 2") as caught:
            load(from_path(tmp_path))
        assert "iconv" in str(caught.value.remedy)

    @pytest.mark.parametrize("content", [b"\xed\xa0\x80", b"caf\xc3"], ids=["a surrogate", "cut off"])
    def test_other_bad_utf_8(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "bad.txt").write_bytes(content)
        with pytest.raises(CorpusError, match="is not UTF-8"):
            load(from_path(tmp_path / "bad.txt"))

    def test_a_file_that_goes_away(self, tmp_path: Path) -> None:
        file = tmp_path / "novel.txt"
        file.write_text("text", "utf-8")
        corpus = from_path(file)
        file.unlink()
        with pytest.raises(CorpusError, match=r"novel\.txt cannot be read: No such file"):
            load(corpus)


class TestLoad:
    def test_an_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "empty.txt").touch()
        with pytest.raises(CorpusError, match=r"empty\.txt is empty"):
            load(from_path(tmp_path / "empty.txt"))

    @pytest.mark.parametrize("texts", [(), ("",), ("", "")])
    def test_an_empty_corpus(self, texts: tuple[str, ...]) -> None:
        with pytest.raises(CorpusError, match="mine is empty"):
            load(corpus_of(*texts))

    @pytest.mark.parametrize("texts", [("",), ("a\ud800",), ("fine", "\udfff")])
    def test_a_limit_may_be_empty_or_without_utf_8_and_nothing_else_may(self, texts: tuple[str, ...]) -> None:
        with pytest.raises(CorpusError, match=r"is empty|has a lone surrogate"):
            load(corpus_of(*texts))
        limit = replace(corpus_of(*texts), kind=EDGE_CASE)
        assert texts_of(load(limit)) == list(texts)
        with pytest.raises(CorpusError, match="is not the text"):
            load(replace(limit, sha256="0" * 64))

    def test_a_lone_surrogate_counts_as_three_bytes(self) -> None:
        documents = tuple(corpus_of("a\ud800").documents())
        assert digest(documents) == hashlib.sha256(b"a\xed\xa0\x80").hexdigest()

    def test_the_digest_tells_documents_apart(self) -> None:
        one, two = (tuple(corpus_of(*texts).documents()) for texts in (("ab",), ("a", "b")))
        assert digest(one) == hashlib.sha256(b"ab").hexdigest()
        assert digest(two) == hashlib.sha256(b"a\0b").hexdigest()

    def test_the_promised_hash(self) -> None:
        promised = hashlib.sha256("é\0b".encode()).hexdigest()
        assert texts_of(load(corpus_of("é", "b", sha256=promised))) == ["é", "b"]

    def test_another_text_than_promised(self) -> None:
        promised = hashlib.sha256(b"text").hexdigest()
        with pytest.raises(CorpusError, match=promised) as caught:
            load(corpus_of("text\n", sha256=promised))
        assert hashlib.sha256(b"text\n").hexdigest() in caught.value.message
        assert "reinstall" in str(caught.value.remedy)


class TestDivide:
    def test_without_a_share_all_is_trained_on_and_all_is_measured(self) -> None:
        parts = divide(corpus_of("one", "two"), 0.0)
        assert (parts.training, texts_of(parts.measured)) == ("one\ntwo", ["one", "two"])

    @pytest.mark.parametrize(
        ("text", "held_out", "training", "measured"),
        [
            ("one two\nthree four\nfive six", 0.4, "one two\n", "three four\nfive six"),
            ("one two\nthree four\nfive six", 0.2, "one two\nthree four\n", "five six"),
            ("one two\nthree four\nfive six", 0.1, "one two\nthree four\nfive ", "six"),
            ("one two three four", 0.5, "one two ", "three four"),
            ("one\ttwo\tthree", 0.3, "one\ttwo\t", "three"),
            ("abcdefghij", 0.3, "abcdefg", "hij"),
            ("a b c d efghijklmnopqrst", 0.1, "a b c d efghijklmnopq", "rst"),
        ],
        ids=[
            "line break",
            "last line break",
            "line break too far",
            "space",
            "tab",
            "no white space",
            "white space too far",
        ],
    )
    def test_where_one_document_is_cut(self, text: str, held_out: float, training: str, measured: str) -> None:
        parts = divide(corpus_of(text), held_out)
        assert (parts.training, texts_of(parts.measured)) == (training, [measured])

    def test_the_held_out_part_says_where_it_begins(self) -> None:
        (part,) = divide(corpus_of("one two\nthree"), 0.3).measured
        assert (part.id, part.language) == ("mine-0[8:]", "en")

    @pytest.mark.parametrize(
        ("held_out", "trained"),
        [(0.99, 1), (0.75, 1), (0.5, 2), (0.4, 2), (0.25, 3), (0.01, 3)],
    )
    def test_several_documents_are_kept_whole(self, held_out: float, trained: int) -> None:
        texts = ["a" * 10, "b" * 10, "c" * 10, "d" * 10]
        parts = divide(corpus_of(*texts), held_out)
        assert parts.training.split("\n") == texts[:trained]
        assert texts_of(parts.measured) == texts[trained:]

    @pytest.mark.parametrize("texts", [("a",), ("  \n a",), ("a   ",), ("a", ""), ("", "a"), ("a", " \n")])
    def test_too_short(self, texts: tuple[str, ...]) -> None:
        with pytest.raises(CorpusError, match="too short to hold out 10 % of it") as caught:
            divide(corpus_of(*texts), 0.1)
        assert "--held-out 0%" in str(caught.value.remedy)

    @pytest.mark.parametrize("blank", ["\n", "\n\n", " \n"])
    def test_a_blank_beginning_does_not_make_a_long_text_too_short(self, blank: str) -> None:
        parts = divide(corpus_of(blank + "word " * 1000), 0.1)
        assert parts.training.strip()
        assert parts.measured[0].text.strip()

    @settings(deadline=None)
    @given(text=TEXT, held_out=SHARES)
    @example(text="\nab", held_out=0.1)
    def test_one_document_in_two_parts(self, text: str, held_out: float) -> None:
        try:
            parts = divide(corpus_of(text), held_out)
        except CorpusError:
            return
        (measured,) = parts.measured
        assert parts.training + measured.text == text
        assert parts.training.strip()
        assert measured.text.strip()
        assert len(measured.text) >= held_out * len(text) - 1e-9

    @settings(deadline=None)
    @given(texts=st.lists(st.one_of(TEXT, st.just("")), min_size=2, max_size=8), held_out=SHARES)
    def test_several_documents_in_two_parts(self, texts: list[str], held_out: float) -> None:
        try:
            parts = divide(corpus_of(*texts), held_out)
        except CorpusError:
            return
        trained = len(texts) - len(parts.measured)
        assert 0 < trained < len(texts)
        assert parts.training == "\n".join(texts[:trained])
        assert texts_of(parts.measured) == texts[trained:]
        assert parts.training.strip()
        assert any(text.strip() for text in texts_of(parts.measured))

    @settings(deadline=None)
    @given(lengths=st.lists(st.integers(1, 60), min_size=2, max_size=12), held_out=SHARES)
    @example(lengths=[30, 25, 25, 20], held_out=0.1)
    def test_of_the_users_files_the_share_of_the_bytes_is_as_near_as_they_allow(
        self, lengths: list[int], held_out: float
    ) -> None:
        documents = [Document(text=chr(97 + place) * size, id=str(place)) for place, size in enumerate(lengths)]
        places = draw(documents, held_out)
        held = [lengths[place] for place in places]
        left = [size for place, size in enumerate(lengths) if place not in places]
        assert held
        assert left
        off = sum(held) - held_out * sum(lengths)
        if len(held) == 1 and off > 0:
            assert held == [min(lengths)] or off <= min(left) / 2 + 1e-9, "at least one is held out"
        else:
            assert len(left) == 1 or abs(off) <= min(left) / 2 + 1e-9

    @settings(deadline=None)
    @given(texts=st.lists(TEXT.filter(str.strip), min_size=2, max_size=8), order=st.randoms())
    def test_the_draw_goes_by_what_documents_say_and_not_by_their_names(
        self, texts: list[str], order: random.Random
    ) -> None:
        def held(texts: list[str], name: str) -> set[str]:
            documents = [Document(text=text, id=f"{name}{place}") for place, text in enumerate(texts)]
            return {texts[place] for place in draw(documents, 0.3)}

        assert held(texts, "a") == held(order.sample(texts, len(texts)), "z")
        assert len(set(texts)) == 1 or set(texts) - held(texts, "a"), "equal texts are on one side"

    def test_of_many_small_files_the_share_is_the_one_asked_for(self, tmp_path: Path) -> None:
        for number in range(200):
            (tmp_path / f"{number}.txt").write_text(f"{number} " * (1 + number % 7))
        parts = divide(from_path(tmp_path), 0.1)
        assert parts.figures["held_out_share"] == pytest.approx(0.1, abs=0.001)
        assert not set(parts.training.split("\n")) & set(texts_of(parts.measured))
        assert [document.id for document in parts.measured] == sorted(document.id for document in parts.measured)
        names = [int(Path(document.id).stem) for document in parts.measured]
        assert min(names) < 50 < 150 < max(names), "they are drawn, and not the last ones"

    def test_a_blank_file_is_not_what_is_held_out(self, tmp_path: Path) -> None:
        for name, text in (("a", "one "), ("b", " \n"), ("c", "two "), ("d", "")):
            (tmp_path / f"{name}.txt").write_text(text)
        parts = divide(from_path(tmp_path), 0.1)
        assert len(parts.measured) == 1
        assert parts.measured[0].text.strip()
        assert parts.training.strip()

    def test_of_other_corpora_the_last_ones_are_held_out_whatever_they_say(self) -> None:
        parts = divide(corpus_of("b", "a", "d", "c"), 0.25)
        assert (texts_of(parts.measured), parts.figures) == (["c"], {"held_out_share": 0.25})

    @pytest.mark.long
    @given(words=st.lists(st.text("abc", min_size=1, max_size=5), min_size=60, max_size=100))
    def test_words_are_not_cut(self, words: list[str]) -> None:
        parts = divide(corpus_of(" ".join(words)), 0.1)
        assert parts.training.split() + parts.measured[0].text.split() == words

    @settings(deadline=None)
    @given(text=TEXT, held_out=SHARES)
    def test_the_share_is_not_more_than_doubled(self, text: str, held_out: float) -> None:
        try:
            parts = divide(corpus_of(text), held_out)
        except CorpusError:
            return
        assert len(parts.measured[0].text) <= 2 * (held_out * len(text) + 1)
