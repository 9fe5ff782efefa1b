"""Other people's tokenizers: the ids they claim, the round trips they promise, and where they are known to fail.

A peer that is not installed skips its tests. A known defect is an expected failure that names the version: fixed
in a later one, it fails as an unexpected pass, and the line is to be deleted.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from array import array
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay_peers import SAME_IDS, TRAINED, VOCAB_SIZES, files, gpt2

CLAIMS = {name: claimed for name, claimed, *_ in SAME_IDS}
OUTPUT = {"gigatoken-exact": array}  # the others give lists
VOCAB_SIZE = 4000
TRAINED_NAMES = [f"{family}-4k" for family, *_ in TRAINED]
HELD_OUT = 16_000  # characters of The Verdict to train on
NASTY = {
    "special token": "Hello. <|endoftext|>It's",
    "half a special token": "<|endoftext <|endoftext|",
    "contractions": "I'LL don't you've he'd 'tis \u2019s",
    "numbers": "1 12 123 1234 12345678 3.14 ½ ² Ⅷ ٣٤",
    "many digits": "1234567890" * 10_000,
    "spaces": "a  b   c    d" + " " * 50 + "e   ",
    "lines": "\n\n\n a\r\n\r\n\tb \n",
    "white space before an apostrophe": "a\t's b\n'll",
    "form feed": "a\n\n\x0cb",
    "other spaces": "a\u00a0b\u2003c\u3000d\u200be\u2028f\x85g\x1ch",
    "NUL": "a\0b\0\0",
    "marks": "e\u0301 n\u0303\u0303 ไทย हिन्दी العربية",
    "ideographs": "字日本語한국어",
    "emoji": "👍🏽👩‍👩‍👧🇩🇪",
    "noncharacters": "\ufffe\ufffd\U0010ffff\U000e0001",
    "letter of Unicode 17": "\U00032b15'll",
    "one letter": "a" * 2000,
    "nothing": "",
}
WHITE_SPACE = "takes white space other than a blank into the next piece"
DEFECTS = {
    ("kitoken-gpt2", "white space before an apostrophe"): f"kitoken 0.11.1 {WHITE_SPACE}",
    ("tokie-gpt2", "white space before an apostrophe"): f"tokie 0.1.4 {WHITE_SPACE}",
    ("tokie-gpt2", "form feed"): "tokie 0.1.4 cuts two lines before a form feed apart",
    ("tokie-gpt2", "letter of Unicode 17"): "tokie 0.1.4 has newer tables than tiktoken 0.14.0",
    ("tokie-gpt2", "many digits"): "tokie 0.1.4 cuts a long number elsewhere",
    ("iree-gpt2", "spaces"): "iree-tokenizer 0.3.0 cuts a long run of blanks elsewhere",
    ("iree-gpt2", "many digits"): "iree-tokenizer 0.3.0 cuts a long number elsewhere",
    ("gigatoken-gpt2", "letter of Unicode 17"): "gigatoken 0.10.0 has newer tables than tiktoken 0.14.0",
}
NO_SPLIT_CHARACTERS = "iree-tokenizer 0.3.0 decodes a character that lies in two tokens to U+FFFD"
PIECES = st.sampled_from(
    ["<|endoftext|>", "    ", "\n\n", " the", "'ll", " 's", "123", "\0", "é", "字", "👍🏽", "\u00a0"]
)
# Assigned characters only: what the others are differs between the Unicode versions of the libraries.
ASSIGNED = st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=12)
TEXT = st.lists(st.one_of(PIECES, ASSIGNED), max_size=12).map("".join)
INEXACT = ("kitoken-gpt2", "tokie-gpt2", "iree-gpt2")


@pytest.fixture(scope="module")
def host() -> assay.Host:
    return assay.discover()


@pytest.fixture(scope="module")
def verdict(host: assay.Host) -> str:
    (document,) = host.one(assay.CorpusPlugin, "the-verdict").documents()
    return document.text


@pytest.fixture(scope="module")
def build(host: assay.Host) -> Callable[..., assay.Tokenizer]:
    """Build a tokenizer once for the whole module, or skip the test with what it lacks."""
    built: dict[tuple[str, str], assay.Tokenizer] = {}

    def call(name: str, training_text: str = "") -> assay.Tokenizer:
        plugin = host.one(assay.TokenizerPlugin, name)
        lacking = host.missing(plugin)
        if lacking is not None:
            pytest.skip(f"{name} {lacking.what}: {lacking.remedy}")
        if (name, training_text) not in built:
            built[name, training_text] = plugin.build(training_text)
        return built[name, training_text]

    return call


Build = Callable[..., assay.Tokenizer]


def cases() -> list[Any]:
    """Each peer with each nasty text; a known defect is an expected failure."""
    return [
        pytest.param(
            peer, text, marks=[pytest.mark.xfail(reason=DEFECTS[peer, text])] if (peer, text) in DEFECTS else []
        )
        for peer in CLAIMS
        for text in NASTY
    ]


class TestVocabularyFiles:
    def test_the_ranks_are_tiktokens_file_byte_for_byte(self) -> None:
        expected = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"
        assert hashlib.sha256(gpt2.rank_file()).hexdigest() == expected

    def test_the_json_has_every_id_once(self) -> None:
        vocabulary = json.loads(gpt2.tokenizer_json())["model"]["vocab"]
        assert sorted(vocabulary.values()) == list(range(gpt2.VOCAB_SIZE))
        assert vocabulary["<|endoftext|>"] == gpt2.SPECIALS["<|endoftext|>"]

    def test_a_file_of_nobody(self) -> None:
        with pytest.raises(assay.Unavailable, match="not on this machine"):
            files.read("no-such-distribution", "file", "")

    @pytest.mark.parametrize("name", ["bert", "tekken"])
    def test_a_file_that_is_another(self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        module = pytest.importorskip(f"assay_peers.{name}")
        (tmp_path / "file").write_bytes(b"{}")
        package = SimpleNamespace(locate_file=lambda path: tmp_path / "file")
        monkeypatch.setattr(files.metadata, "distribution", lambda name: package)
        with pytest.raises(assay.Unavailable, match="not the file that is known") as caught:
            files.read("somebody", "file", module.SHA256)
        assert "pip install" in str(caught.value.remedy)


class TestSameIds:
    @pytest.mark.parametrize("peer", CLAIMS)
    def test_the_claim(self, host: assay.Host, peer: str) -> None:
        assert host.one(assay.TokenizerPlugin, peer).same_ids_as == CLAIMS[peer]

    @pytest.mark.parametrize(
        "peer",
        [
            pytest.param(
                peer,
                marks=pytest.mark.xfail(reason="iree-tokenizer 0.3.0 cuts 'prodigious' elsewhere")
                if peer == "iree-gpt2"
                else [],
            )
            for peer in CLAIMS
        ],
    )
    def test_the_verdict(self, build: Build, verdict: str, peer: str) -> None:
        tokenizer = build(peer)
        ids = tokenizer.encode(verdict)
        assert type(ids) is OUTPUT.get(peer, list)
        assert list(ids) == build(CLAIMS[peer]).encode(verdict)
        assert tokenizer.decode(ids) == verdict
        assert max(ids) < tokenizer.vocab_size <= build(CLAIMS[peer]).vocab_size
        assert tokenizer.unk_id is None

    @pytest.mark.parametrize(("peer", "text"), cases())
    def test_nasty_text(self, build: Build, peer: str, text: str) -> None:
        assert list(build(peer).encode(NASTY[text])) == build(CLAIMS[peer]).encode(NASTY[text])

    @pytest.mark.parametrize("peer", [peer for peer in CLAIMS if peer not in INEXACT])
    @settings(deadline=None, max_examples=150)
    @given(text=TEXT)
    def test_any_text(self, build: Build, peer: str, text: str) -> None:
        assert list(build(peer).encode(text)) == build(CLAIMS[peer]).encode(text)

    @pytest.mark.parametrize("peer", [peer for peer in CLAIMS if peer != "iree-gpt2"])
    @settings(deadline=None, max_examples=100)
    @given(text=TEXT)
    def test_round_trip_is_exact_even_of_other_ids(self, build: Build, peer: str, text: str) -> None:
        tokenizer = build(peer)
        assert tokenizer.decode(tokenizer.encode(text)) == text

    @pytest.mark.xfail(reason=NO_SPLIT_CHARACTERS)
    def test_round_trip_of_a_character_in_two_tokens(self, build: Build) -> None:
        assert build("iree-gpt2").decode(build("iree-gpt2").encode("字")) == "字"

    @pytest.mark.parametrize("peer", CLAIMS)
    def test_one_byte_of_a_character_has_a_text(self, build: Build, peer: str) -> None:
        ids = build(CLAIMS[peer]).encode("🏽")
        assert len(ids) > 1
        assert "\ufffd" in build(peer).decode(ids[:1])


class TestTrained:
    @pytest.mark.parametrize("name", TRAINED_NAMES)
    def test_the_verdict(self, host: assay.Host, build: Build, verdict: str, name: str) -> None:
        tokenizer = build(name, verdict[:HELD_OUT])
        assert tokenizer.vocab_size <= VOCAB_SIZE
        assert tokenizer.unk_id not in tokenizer.encode(verdict[:HELD_OUT])
        ids = tokenizer.encode(verdict)
        assert type(ids) is list
        assert all(0 <= index < tokenizer.vocab_size for index in ids)
        assert 4_000 < len(ids) < len(verdict) / 2
        if host.one(assay.TokenizerPlugin, name).lossless:
            assert tokenizer.decode(ids) == verdict
        else:
            assert tokenizer.decode(tokenizer.encode("Jack")).lower() == "jack"

    @pytest.mark.parametrize("family", [family for family, *_ in TRAINED])
    def test_a_larger_vocabulary_takes_fewer_tokens(self, build: Build, verdict: str, family: str) -> None:
        made = [build(f"{family}-{size // 1000}k", verdict) for size in VOCAB_SIZES]
        assert all(one.vocab_size <= size for one, size in zip(made, VOCAB_SIZES, strict=True))
        sizes = [one.vocab_size for one in made]
        assert sizes == sorted(sizes)
        assert sizes[0] < sizes[-1]  # a short text has no more pieces than some
        lengths = [len(one.encode(verdict)) for one in made]
        assert lengths == sorted(lengths, reverse=True)
        assert lengths[0] > lengths[1]

    @pytest.mark.parametrize("name", TRAINED_NAMES)
    def test_what_was_not_seen(self, build: Build, verdict: str, name: str) -> None:
        tokenizer = build(name, verdict[:HELD_OUT])
        ids = tokenizer.encode("Jack 字 thought")
        if tokenizer.unk_id is None:
            assert tokenizer.decode(ids) == "Jack 字 thought"
        else:
            assert ids.count(tokenizer.unk_id) == 1

    @settings(deadline=None, max_examples=100)
    @given(text=TEXT)
    def test_bytes_lose_nothing(self, build: Build, verdict: str, text: str) -> None:
        tokenizer = build("hf-bpe-4k", verdict[:HELD_OUT])
        assert tokenizer.decode(tokenizer.encode(text)) == text

    @pytest.mark.parametrize("name", TRAINED_NAMES)
    def test_every_process_trains_the_same(
        self, build: Build, process: Callable[..., Any], verdict: str, name: str, tmp_path: Path
    ) -> None:
        build(name, verdict)  # or skip
        program = (
            "import assay, sys; host = assay.discover(); text = sys.stdin.read();"
            f"print(host.one(assay.TokenizerPlugin, {name!r}).build(text).encode(text))"
        )
        ran = [
            process(
                [sys.executable, "-c", program],
                cwd=tmp_path,
                stdin=verdict,
                env={"RAYON_NUM_THREADS": threads, "PYTHONHASHSEED": threads, "PYTHONIOENCODING": "utf-8"},
            )
            for threads in ("1", "2", "3")
        ]
        assert [one.rc for one in ran] == [0, 0, 0], ran[0].stderr
        assert len({one.stdout for one in ran}) == 1
        assert len(ran[0].stdout.split()) > 4_000

    @pytest.mark.parametrize("name", ["sentencepiece-bpe-4k", "sentencepiece-unigram-4k"])
    def test_nothing_to_train_on(self, build: Build, name: str) -> None:
        with pytest.raises(assay.AssayError, match="training text is empty"):
            build(name, " \n ")

    def test_a_long_line_is_not_left_out(self, build: Build, verdict: str) -> None:
        line = " ".join(verdict.split())
        tokenizer = build("sentencepiece-bpe-4k", line)
        assert tokenizer.unk_id not in tokenizer.encode(line)

    @pytest.mark.parametrize("name", ["hf-bpe-4k", "hf-wordpiece-4k"])
    def test_more_letters_than_entries(self, build: Build, name: str) -> None:
        rare = "".join(map(chr, range(0x4E00, 0x4E00 + 2 * VOCAB_SIZE)))
        text = "the cat sat on the mat " * 3_000 + " ".join(rare)
        tokenizer = build(name, text)
        assert tokenizer.vocab_size <= VOCAB_SIZE
        assert tokenizer.unk_id not in tokenizer.encode("the cat sat on the mat")


class TestSpecialTokens:
    @pytest.mark.parametrize("name", [*CLAIMS, *TRAINED_NAMES, "hf-bert-uncased", "tekken"])
    def test_the_policy_is_what_happens(self, host: assay.Host, build: Build, verdict: str, name: str) -> None:
        specials = host.one(assay.TokenizerPlugin, name).specials
        tokenizer = build(name, verdict)
        for token in specials.tokens:
            ids = tokenizer.encode(token)
            if specials.in_text == "recognised":
                assert len(ids) == 1, token
                assert tokenizer.decode(ids) == token
            else:
                assert len(ids) > 1, token


class TestPretrained:
    def test_bert(self, build: Build) -> None:
        tokenizer = build("hf-bert-uncased")
        assert (tokenizer.vocab_size, tokenizer.unk_id) == (30_522, 100)
        # The ids of "hello", ",", "world" and "!" as every BERT tutorial prints them.
        assert tokenizer.encode("Hello, World!") == [7592, 1010, 2088, 999]
        assert tokenizer.decode([7592, 1010, 2088, 999]) == "hello, world!"
        assert tokenizer.encode("\U0001f9ff") == [100]

    def test_tekken(self, build: Build, verdict: str) -> None:
        tokenizer = build("tekken")
        # What mistral_common 1.13.1 gives with bos=False, eos=False.
        text = "Hello, world! <s> </s> 字 👍🏽  \n\n 12345 don't"
        first = [22177, 1044, 4304, 1033, 1534, 1115, 1062, 2259, 1115, 1062, 1032, 18724, 119685]
        last = [1145, 1141, 1240, 1159, 1143, 1189, 1256, 1267, 1032, 1049, 1050, 1051, 1052, 1053, 2607, 2405]
        assert (tokenizer.vocab_size, tokenizer.encode(text)) == (131_072, first + last)
        assert len(tokenizer.encode(verdict)) == 4964

    @pytest.mark.parametrize("name", ["tekken", "hf-bert-uncased"])
    @settings(deadline=None, max_examples=100)
    @given(text=TEXT)
    def test_any_text(self, host: assay.Host, build: Build, name: str, text: str) -> None:
        tokenizer = build(name)
        ids = tokenizer.encode(text)
        assert all(0 <= index < tokenizer.vocab_size for index in ids)
        if host.one(assay.TokenizerPlugin, name).lossless:
            assert tokenizer.decode(ids) == text


class TestWordchippersCache:
    @pytest.mark.parametrize("before", [None, "somewhere"])
    def test_the_environment_is_left_as_it_was(
        self, host: assay.Host, build: Build, monkeypatch: pytest.MonkeyPatch, before: str | None
    ) -> None:
        build("wordchipper-gpt2")  # or skip
        if before is None:
            monkeypatch.delenv("WORDCHIPPER_CACHE_DIR", raising=False)
        else:
            monkeypatch.setenv("WORDCHIPPER_CACHE_DIR", before)
        host.one(assay.TokenizerPlugin, "wordchipper-gpt2").build("")
        assert os.environ.get("WORDCHIPPER_CACHE_DIR") == before


class TestMissing:
    def test_nothing_is_imported_to_announce_them(self, process: Callable[..., Any], tmp_path: Path) -> None:
        program = "import assay, sys; assay.discover(); print(*sys.modules)"
        ran = process([sys.executable, "-c", program], cwd=tmp_path)
        assert ran.rc == 0, ran.stderr
        libraries = {"tokenizers", "sentencepiece", "gigatoken", "fastokens", "splintr", "wordchipper", "kitoken"}
        libraries |= {"tokie", "iree", "bpe_openai", "rs_bpe", "tiktoken"}
        assert "assay_peers" in ran.stdout.split()
        assert libraries.isdisjoint(ran.stdout.split())

    def test_a_package_that_is_not_there_is_named_with_its_remedy(
        self, host: assay.Host, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def absent(name: str) -> None:
            raise files.metadata.PackageNotFoundError(name)

        monkeypatch.setattr("importlib.metadata.version", absent)
        monkeypatch.setattr("importlib.metadata.distribution", absent)
        for name in [*CLAIMS, *TRAINED_NAMES, "hf-bert-uncased", "tekken"]:
            lacking = host.missing(host.one(assay.TokenizerPlugin, name))
            assert lacking is not None, name
            assert lacking.remedy.startswith("pip install "), name
        assert "--no-deps mistral-common" in str(files.absent("mistral-common", "mistral-common==1.13.1"))


def test_hugging_face_is_timed_by_the_call_without_offsets(monkeypatch: pytest.MonkeyPatch) -> None:
    module = pytest.importorskip("assay_peers.hugging_face")
    monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)

    def encode(texts: list[str], add_special_tokens: bool) -> list[Any]:
        assert (len(texts), add_special_tokens) == (1, False)
        return [SimpleNamespace(ids=[7])]

    bound = module.bind(SimpleNamespace(encode_batch_fast=encode, get_vocab=lambda with_added_tokens: {"a": 8}))
    assert bound.encode("a") == [7]
    assert os.environ["TOKENIZERS_PARALLELISM"] == "false"  # a text alone starts no threads
