"""The plain baselines, held to what Python itself says of bytes, characters and words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay

# Any string at all: lone surrogates, NULs and the marks of unknown tokens included.
PIECES = ["Jack", "thought", "  ", "\n", "\x1c", "\u00a0", "\ufffd", "<|unk|>", "\ud800", "\0", "é", "字", "👍🏽"]
ANY_TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(st.characters(), max_size=8)), max_size=20).map("".join)
properties = settings(deadline=None, max_examples=200)


@pytest.fixture(scope="module")
def host() -> assay.Host:
    return assay.discover()


@pytest.fixture(scope="module")
def verdict(host: assay.Host) -> str:
    (document,) = host.one(assay.CorpusPlugin, "the-verdict").documents()
    return document.text


def build(host: assay.Host, name: str, training_text: str) -> assay.Tokenizer:
    return host.one(assay.TokenizerPlugin, name).build(training_text)


class TestBytes:
    @pytest.mark.long
    def test_the_verdict(self, host: assay.Host, verdict: str) -> None:
        tokenizer = build(host, "bytes", "")
        assert (tokenizer.vocab_size, tokenizer.unk_id) == (256, None)
        assert tokenizer.encode(verdict) == list(verdict.encode("utf-8"))
        assert len(tokenizer.encode(verdict)) == 20_479

    @properties
    @given(text=ANY_TEXT)
    def test_round_trip_is_exact(self, host: assay.Host, text: str) -> None:
        plugin = host.one(assay.TokenizerPlugin, "bytes")
        tokenizer = plugin.build("")
        assert plugin.lossless
        assert tokenizer.decode(tokenizer.encode(text)) == text

    @properties
    @given(ids=st.lists(st.integers(0, 255), max_size=30))
    def test_any_bytes_have_a_text(self, host: assay.Host, ids: list[int]) -> None:
        text = build(host, "bytes", "").decode(ids)
        content = bytes(ids)
        assert text.encode("utf-8", "surrogatepass") == content or text == content.decode("utf-8", "replace")

    def test_bytes_of_a_token(self, host: assay.Host) -> None:
        tokenizer = build(host, "bytes", "")
        assert isinstance(tokenizer, assay.TokenBytes)
        assert [tokenizer.token_bytes(index) for index in (0, 255)] == [b"\0", b"\xff"]
        for index in (-1, 256):
            with pytest.raises(KeyError):
                tokenizer.token_bytes(index)


class TestCharacters:
    @pytest.mark.long
    def test_the_verdict(self, host: assay.Host, verdict: str) -> None:
        tokenizer = build(host, "characters", verdict)
        assert (tokenizer.vocab_size, tokenizer.unk_id) == (63, 62)
        known = sorted(set(verdict))
        assert tokenizer.encode(verdict) == [known.index(char) for char in verdict]

    def test_a_character_that_was_not_seen(self, host: assay.Host) -> None:
        tokenizer = build(host, "characters", "cab")
        assert tokenizer.encode("abz") == [0, 1, 3]
        assert tokenizer.decode([0, 1, 3]) == "ab\ufffd"

    @pytest.mark.long
    @properties
    @given(training=ANY_TEXT, text=ANY_TEXT)
    def test_each_character_is_kept_or_unknown(self, host: assay.Host, training: str, text: str) -> None:
        tokenizer = build(host, "characters", training)
        expected = "".join(char if char in training else "\ufffd" for char in text)
        assert tokenizer.decode(tokenizer.encode(text)) == expected
        assert all(0 <= index < tokenizer.vocab_size for index in tokenizer.encode(text))


class TestWhitespace:
    @pytest.mark.long
    def test_the_verdict(self, host: assay.Host, verdict: str) -> None:
        tokenizer = build(host, "whitespace", verdict)
        assert (tokenizer.vocab_size, len(tokenizer.encode(verdict))) == (len(set(verdict.split())) + 1, 3634)
        assert tokenizer.unk_id not in tokenizer.encode(verdict)

    @properties
    @given(training=ANY_TEXT, text=ANY_TEXT)
    def test_each_word_is_kept_or_unknown(self, host: assay.Host, training: str, text: str) -> None:
        tokenizer = build(host, "whitespace", training)
        words = set(training.split())
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == " ".join(word if word in words else "<|unk|>" for word in text.split())
        assert tokenizer.encode(tokenizer.decode(ids)) == ids
        assert all(0 <= index < tokenizer.vocab_size for index in ids)

    def test_the_mark_of_the_unknown_is_no_word(self, host: assay.Host) -> None:
        tokenizer = build(host, "whitespace", "a <|unk|> b")
        assert tokenizer.vocab_size == 3
        assert tokenizer.encode("a <|unk|> b never") == [0, 2, 1, 2]


@pytest.mark.long
@pytest.mark.parametrize("name", ["characters", "whitespace"])
@properties
@given(text=ANY_TEXT)
def test_nothing_is_unknown_in_the_training_text_but_the_mark_itself(host: assay.Host, name: str, text: str) -> None:
    plugin = host.one(assay.TokenizerPlugin, name)
    assert plugin.specials.unk is not None
    text = text.replace(plugin.specials.unk, "")
    tokenizer = plugin.build(text)
    assert not plugin.lossless
    assert set(tokenizer.encode(text)) == set(range(tokenizer.vocab_size - 1))
