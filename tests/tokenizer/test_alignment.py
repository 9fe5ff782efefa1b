"""Where the tokens of a text stand in it, and what no token covers."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import assay
from assay.plugins.host import Found, Host, Origin
from assay.records.results import Status
from assay.records.segmentation import TokenAlignment
from assay.tokenizer.alignment import align, align_tokens, find

TEXTS = (
    st.text(st.characters(codec="utf-8"))
    | st.text(st.sampled_from("aé🙂日 \n\t.,'\u0301<|>\x1b"))
    | st.just("<|endoftext|>")
)
SENTENCES = st.lists(st.sampled_from(["the", "a", "c-a", "xa", "last", "--", ",", "'s", "(it)", " ", "\n"])).map(
    " ".join
)


class Whole:
    """A tokenizer of characters; it offers neither bytes nor spans."""

    vocab_size = 0x110000
    unk_id: int | None = None

    def encode(self, text: str) -> list[int]:
        return [ord(char) for char in text]

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(map(chr, ids))


class Bytes(Whole):
    """A tokenizer of bytes that shows a single byte of a character as U+FFFD, as many libraries do."""

    def encode(self, text: str) -> list[int]:
        return list(text.encode())

    def decode(self, ids: Sequence[int]) -> str:
        return bytes(ids).decode("utf-8", "replace")


class Words(Whole):
    """A tokenizer of given words, in lower case and without accents, between a start and an end token."""

    def __init__(self, *words: str) -> None:
        self.words = ("[CLS]", *words, "[SEP]")

    def encode(self, text: str) -> list[int]:
        return list(range(len(self.words)))

    def decode(self, ids: Sequence[int]) -> str:
        return " ".join(self.words[index] for index in ids)


class Telling(Words):
    """A tokenizer that tells where its tokens stand."""

    places: Sequence[tuple[int, int]] = ()

    def spans(self, text: str) -> Sequence[tuple[int, int]]:
        return self.places


def cut(tokenizer: assay.Tokenizer, text: str, *, lossless: bool = True) -> TokenAlignment:
    return align_tokens(
        assay.TokenizerPlugin(name="own", summary="", build=lambda _: tokenizer, lossless=lossless), "", text
    )


def covered(alignment: TokenAlignment, text: str) -> list[str]:
    """The part of the text that each token covers."""
    return [text[slice(*token.span.characters)] for token in alignment.tokens]


def assert_whole(alignment: TokenAlignment, text: str) -> None:
    """Covered and lost bytes are the whole text, and none is both."""
    data = text.encode("utf-8", "surrogatepass")
    seen = bytearray(len(data))
    for span in {token.span for token in alignment.tokens}:
        seen[slice(*span.bytes)] = b"\1" * (span.bytes[1] - span.bytes[0])
    for span in alignment.uncovered:
        assert span.bytes[0] < span.bytes[1]
        assert not any(seen[slice(*span.bytes)])
        seen[slice(*span.bytes)] = b"\1" * (span.bytes[1] - span.bytes[0])
    assert all(seen)
    for span in [*(token.span for token in alignment.tokens), *alignment.uncovered]:
        (start, end), (first, last) = span.bytes, span.characters
        before, within = (
            text[:first].encode("utf-8", "surrogatepass"),
            text[first:last].encode("utf-8", "surrogatepass"),
        )
        assert len(before) <= start <= end
        assert end <= len(before + within) or start == end


@pytest.fixture(scope="module")
def host() -> assay.Host:
    return assay.discover()


@pytest.fixture(scope="module")
def gpt2(host: assay.Host) -> assay.TokenizerPlugin:
    built = host.one(assay.TokenizerPlugin, "gpt2").build("")
    return assay.TokenizerPlugin(name="gpt2", summary="", build=lambda _: built)


@given(text=TEXTS)
def test_pieces_of_byte_level_tokenizers_are_the_text(gpt2: assay.TokenizerPlugin, text: str) -> None:
    alignment = align_tokens(gpt2, "", text)
    assert b"".join(bytes.fromhex(token.hex or "") for token in alignment.tokens) == text.encode()
    assert b"".join(text.encode()[slice(*token.span.bytes)] for token in alignment.tokens) == text.encode()
    assert alignment.uncovered == ()
    assert_whole(alignment, text)


@given(text=TEXTS)
def test_pieces_of_a_tokenizer_without_bytes_are_the_text(text: str) -> None:
    alignment = cut(Whole(), text)
    assert covered(alignment, text) == list(text)
    assert (alignment.uncovered, [token.hex for token in alignment.tokens]) == ((), [None] * len(text))


@given(text=TEXTS)
@example(text="0\xa0")  # the last bytes are not found, and what is left holds no word
def test_bytes_without_names_share_their_characters(text: str) -> None:
    alignment = cut(Bytes(), text)
    assert alignment.uncovered == ()
    assert_whole(alignment, text)
    for before, after in pairwise(alignment.tokens):
        assert before.span == after.span or before.span.bytes[1] == after.span.bytes[0]


@given(text=TEXTS)
def test_words_are_found_where_the_expression_finds_them(host: assay.Host, text: str) -> None:
    alignment = align_tokens(host.one(assay.TokenizerPlugin, "regex"), text, text)
    cuts = list(re.finditer(r"""[,.?_!"()']|--|(?:(?!--)[^\s,.?_!"()'])+""", text))
    assert [token.span.characters for token in alignment.tokens] == [match.span() for match in cuts]
    assert "".join(text[slice(*span.characters)] for span in alignment.uncovered).strip() == ""
    assert_whole(alignment, text)


@given(training=SENTENCES, text=SENTENCES)
def test_covered_and_lost_are_the_whole_text(host: assay.Host, training: str, text: str) -> None:
    alignment = align_tokens(host.one(assay.TokenizerPlugin, "regex-unk"), training, text)
    assert_whole(alignment, text)
    assert "".join(text[slice(*span.characters)] for span in alignment.uncovered).strip() == ""


def test_unknown_words_lie_between_their_neighbours(host: assay.Host) -> None:
    text = "a data  is c-a a, movie"
    alignment = align_tokens(host.one(assay.TokenizerPlugin, "regex-unk"), "a is ,", text)
    assert covered(alignment, text) == ["a", "data", "is", "c-a", "a", ",", "movie"]
    assert [token.unknown for token in alignment.tokens] == [False, True, False, True, False, False, True]
    assert alignment.unknown == 3
    assert [span.bytes for span in alignment.uncovered] == [(1, 2), (6, 8), (10, 11), (14, 15), (17, 18)]


def test_a_split_character_has_bytes_apart_and_one_character(gpt2: assay.TokenizerPlugin) -> None:
    alignment = align_tokens(gpt2, "", "a日")
    assert [token.span.bytes for token in alignment.tokens] == [(0, 1), (1, 3), (3, 4)]
    assert [token.span.characters for token in alignment.tokens] == [(0, 1), (1, 2), (1, 2)]
    assert [token.hex for token in alignment.tokens] == ["61", "e697", "a5"]


def test_other_case_and_accents_and_continuations_are_found() -> None:
    text = "Café playing"
    alignment = cut(Words("cafe", "play", "##ing"), text, lossless=False)
    assert covered(alignment, text) == ["", "Café", "play", "ing", "ing"]
    assert [span.characters for span in alignment.uncovered] == [(4, 5)]


def test_white_space_that_a_lossless_tokenizer_gives_back_is_not_lost() -> None:
    class Spaced(Words):
        def __init__(self) -> None:
            self.words = ("the", "last", "word")

    text = "the last word"
    assert covered(cut(Spaced(), text), text) == ["the", " last", " word"]
    assert len(cut(Spaced(), text, lossless=False).uncovered) == 2


def test_a_tokenizer_may_tell_its_spans() -> None:
    tokenizer = Telling("x", "y")
    tokenizer.places = [(0, 0), (0, 2), (2, 3), (5, 5)]
    alignment = cut(tokenizer, "abcde", lossless=False)
    assert covered(alignment, "abcde") == ["", "ab", "c", ""]
    assert [span.characters for span in alignment.uncovered] == [(3, 5)]


@pytest.mark.parametrize(
    "places",
    [[(0, 1)], [(0, 1), (2, 3), (1, 2), (4, 5)], [(0, 1), (1, 2), (2, 3), (3, 9)], [(0, 2), (1, 0), (2, 3), (3, 4)]],
)
def test_spans_that_cannot_be_are_refused(places: Sequence[tuple[int, int]]) -> None:
    tokenizer = Telling("x", "y")
    tokenizer.places = places
    with pytest.raises(assay.AssayError, match="for 4 ids, or places out of order"):
        cut(tokenizer, "abcde")


@given(
    text=SENTENCES | TEXTS,
    needles=st.lists(st.sampled_from(["", "a", "é", "e", "the", " ", "last", "ﬁ"]), max_size=8),
    data=st.data(),
)
def test_whatever_is_looked_for_the_places_are_in_order(text: str, needles: list[str], data: st.DataObject) -> None:
    unknown = [data.draw(st.booleans()) if not needle else False for needle in needles]
    places = find(text, needles, unknown)
    assert len(places) == len(needles)
    assert [start for start, _ in places] == sorted(start for start, _ in places)
    assert [end for _, end in places] == sorted(end for _, end in places)
    assert all(0 <= start <= end <= len(text) for start, end in places)


def test_a_tokenizer_of_a_third_party_is_called_in_a_child_process() -> None:
    class Ends(Whole):
        def encode(self, text: str) -> list[int]:
            os._exit(0)

    class Closed(Whole):
        def encode(self, text: str) -> list[int]:
            raise assay.UnknownToken("word")

    plugins = [
        assay.TokenizerPlugin(name="good", summary="", build=lambda text: Whole()),
        assay.TokenizerPlugin(name="ends", summary="", build=lambda text: Ends()),
        assay.TokenizerPlugin(name="closed", summary="", build=lambda text: Closed(), closed_vocabulary=True),
    ]
    found = [Found(plugin=each, origin=Origin(entry_point="odd", path="odd.py")) for each in plugins]
    good, ends, closed = align(Host(found, [], timeout_s=5.0), plugins, "", "ab é")
    assert good == align_tokens(plugins[0], "", "ab é")
    assert (ends.status, ends.reason) == (Status.FAILED, "it ended the process with exit code 0")
    assert ends.remedy == "fix it, or leave it out with --block odd"
    assert (closed.status, closed.expected) == (Status.FAILED, True)
