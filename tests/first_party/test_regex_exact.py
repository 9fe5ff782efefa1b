"""Our word tokenizers beside the tutorial's own code: the same tokens, ids and texts, whatever the string."""

from __future__ import annotations

import os
import random
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay_regex.tokenizer import BLOCK, WHITE_SPACE, RegexTokenizer, blocks, split

TUTORIAL = Path(__file__).parents[1] / "tutorial_code.py"
STRINGS = 100_000 if os.environ.get("ASSAY_FULL") else 20_000
NAMES = ["regex", "regex-unk", "regex-fast", "regex-unk-fast"]

WORDS = [*"abA-:;\x00é的", "\u200b", "\ufeff", "\u180e", "\ud800", "\udc80", "\U0001f600"]
# White space, and characters whose UTF-8 begins like that of a white space outside ASCII.
WHITE = [*" \n\t\x0b\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2003\u2028\u3000", "\r\n", " "]
NEARLY_WHITE = ["\x84", "\x86", "\xa1", "Â", "\u1681", "\u2010", "\u205e", "\u2060", "\u3001", "\ufdd0"]
SEPARATORS = [*",.?_!\"()'", "--", "---", "----", "--"]
SPECIALS = ["<|unk|>", "<|endoftext|>", "<|unk", "|>"]
KNOWN = [*WORDS, *WHITE, *NEARLY_WHITE, *SEPARATORS]
PIECES = [*KNOWN, *SPECIALS]

NASTY_PIECES = st.one_of(st.sampled_from(PIECES), st.text(st.characters(), max_size=3))
NASTY_TEXT = st.lists(NASTY_PIECES, max_size=40).map("".join)
properties = settings(deadline=None, max_examples=300)


def strings(seed: int, count: int, pieces: Sequence[str], *, most: int = 10) -> Iterator[str]:
    """Strings of up to `most` pieces; those of one to three are the most, so that many of their words recur."""
    chance = random.Random(seed)
    for _ in range(count):
        yield "".join(chance.choices(pieces, k=min(chance.randint(0, most), chance.randint(0, most))))


def anything(seed: int, count: int) -> Iterator[str]:
    """Strings of any code points at all, surrogates among them."""
    chance = random.Random(seed)
    for _ in range(count):
        yield "".join(chr(chance.randint(0, chance.choice((0xFF, 0x3100, sys.maxunicode)))) for _ in range(8))


def outcome(tokenizer: assay.Tokenizer, text: str) -> list[int] | str:
    """The ids, or the word that is not known."""
    try:
        return list(tokenizer.encode(text))
    except KeyError as error:
        return str(error.args[0])
    except assay.UnknownToken as error:
        return error.token


@pytest.fixture(scope="module")
def host() -> assay.Host:
    return assay.discover([TUTORIAL])


@pytest.fixture(scope="module")
def training() -> str:
    return " ".join(strings(1, 5_000, KNOWN, most=8))


@pytest.fixture(scope="module")
def make(host: assay.Host) -> Callable[[str, str], Any]:
    """Build a tokenizer by name on a text; skip without numba where it needs it."""

    def build(name: str, text: str) -> Any:
        if name.endswith("-fast"):
            pytest.importorskip("numba", reason='pip install "assay-bench[fast]"')
        return host.one(assay.TokenizerPlugin, name).build(text)

    return build


@pytest.fixture(scope="module", params=NAMES)
def pair(request: pytest.FixtureRequest, make: Callable[[str, str], Any], training: str) -> tuple[Any, Any]:
    """One of ours, and the tutorial's, trained on the same text."""
    theirs = "tutorial-unk" if "unk" in request.param else "tutorial"
    return make(request.param, training), make(theirs, training)


@pytest.mark.full
@pytest.mark.long
@pytest.mark.parametrize("kind", ["", "-fast"])
def test_many_strings(make: Callable[[str, str], Any], training: str, kind: str) -> None:
    ours, ours_unk = make(f"regex{kind}", training), make(f"regex-unk{kind}", training)
    theirs, theirs_unk = make("tutorial", training), make("tutorial-unk", training)
    chance = random.Random(2)
    every = range(theirs_unk.vocab_size)
    texts = [*strings(3, STRINGS * 9 // 10, PIECES), *anything(4, STRINGS // 10)]
    refused = unknown = 0
    for text in texts:
        assert split(text) == theirs.split(text), ascii(text)
        found, found_unk = outcome(ours, text), list(ours_unk.encode(text))
        assert found == outcome(theirs, text), ascii(text)
        assert found_unk == theirs_unk.encode(text), ascii(text)
        if isinstance(found, str):
            refused += 1
        else:
            assert ours.decode(found) == theirs.decode(found), ascii(text)
        assert ours_unk.decode(found_unk) == theirs_unk.decode(found_unk), ascii(text)
        shuffled = chance.choices(every, k=len(text))
        assert ours_unk.decode(shuffled) == theirs_unk.decode(shuffled), shuffled
        unknown += theirs_unk.unk_id in found_unk
    assert len(texts) == STRINGS
    assert 0.2 < refused / STRINGS < 0.8  # all ways have been tried
    assert 0.2 < unknown / STRINGS < 0.8


class TestAnyText:
    @pytest.mark.long
    @properties
    @given(text=NASTY_TEXT)
    def test_encode(self, pair: tuple[Any, Any], text: str) -> None:
        ours, theirs = pair
        assert outcome(ours, text) == outcome(theirs, text)

    @pytest.mark.long
    @properties
    @given(data=st.data())
    def test_decode(self, pair: tuple[Any, Any], data: st.DataObject) -> None:
        ours, theirs = pair
        ids = data.draw(st.lists(st.integers(0, theirs.vocab_size - 1)))
        for form in (ids, tuple(ids), array("i", ids), array("q", ids)):
            assert ours.decode(form) == theirs.decode(ids)

    @pytest.mark.long
    @properties
    @given(training=NASTY_TEXT)
    def test_vocabulary(self, make: Callable[[str, str], Any], training: str) -> None:
        training = training.replace("<|unk|>", "").replace("<|endoftext|>", "")
        theirs = make("tutorial", training)
        ours = RegexTokenizer(training)
        assert ours.vocab_size == theirs.vocab_size
        assert ours.encode(training) == theirs.encode(training)

    @properties
    @given(text=NASTY_TEXT, size=st.integers(1, 20))
    def test_blocks_are_cut_before_white_space(self, text: str, size: int) -> None:
        cut = list(blocks(text, size))
        assert "".join(cut) == text
        assert [token for block in cut for token in split(block)] == split(text)
        assert all(len(block) >= size for block in cut[:-1])
        assert all(block[0].isspace() for block in cut[1:])


@pytest.mark.long
@pytest.mark.parametrize("joint", [" ", "", "\u3000", "a"])
def test_many_blocks(pair: tuple[Any, Any], joint: str) -> None:
    ours, theirs = pair
    text = joint.join(strings(5, 30_000, KNOWN))
    assert len(text) > 5 * BLOCK
    assert outcome(ours, text) == outcome(theirs, text)
    known = random.Random(6).choices(range(theirs.vocab_size - 2), k=40_000)
    text = joint.join(theirs.decode([number]) for number in known)
    ids = outcome(theirs, text)
    assert outcome(ours, text) == ids
    if joint == " ":
        assert len(ids) >= 40_000
        assert ours.decode(ours.encode(text)) == theirs.decode(ids)


@pytest.mark.long
@pytest.mark.parametrize("run", ["a", "-", "--a", "a-", " ", "\u3000", "的", "'"])
def test_long_runs(pair: tuple[Any, Any], run: str) -> None:
    ours, theirs = pair
    text = run * 50_001
    assert outcome(ours, text) == outcome(theirs, text)


def test_an_id_that_is_not_assigned_is_a_key_error(pair: tuple[Any, Any]) -> None:
    for tokenizer in pair:
        for wrong in (-1, tokenizer.vocab_size, 10**6, 2**31, 2**40, 2**70, -(2**40)):
            with pytest.raises(KeyError) as caught:
                tokenizer.decode([0, wrong, 1])
            assert caught.value.args == (wrong,)


def test_ids_that_are_bytes_are_numbers(pair: tuple[Any, Any]) -> None:
    ours, theirs = pair
    assert ours.decode(bytes([1, 2, 3, 4])) == theirs.decode([1, 2, 3, 4])


def test_all_of_unicode_agrees_on_white_space() -> None:
    """What `split` and `decode` rest on, and that the table of the compiled tokenizer is long enough."""
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    white = [character for character in every if character.isspace()]
    assert WHITE_SPACE.findall(every) == white
    assert [character for character in every if not character.strip()] == white
    assert every.split() == [word for word in WHITE_SPACE.split(every) if word]
    assert max(white) == "\u3000"


@pytest.mark.parametrize("token", ["", " ", "a b", "[EOS]\n", "\x1c"])
def test_a_special_token_with_white_space_is_refused(token: str) -> None:
    with pytest.raises(assay.AssayError, match="white space") as caught:
        RegexTokenizer("a b", assay.SpecialTokens(eos=token))
    assert repr(token) in str(caught.value)


@pytest.fixture(scope="module")
def build() -> Any:
    pytest.importorskip("numba", reason='pip install "assay-bench[fast]"')
    from assay_regex.compiled import CompiledTokenizer

    return CompiledTokenizer


class TestCompiled:
    """What the compiled tokenizer gives, and that its errors are those of the other."""

    @pytest.mark.long
    def test_ids_are_an_array_of_their_own(self, build: Any) -> None:
        tokenizer = build("a b")
        first, second = tokenizer.encode("a b b"), tokenizer.encode("b")
        assert (first, second) == (array("i", [0, 1, 1]), array("i", [1]))
        assert isinstance(first, Sequence)
        assert {type(number) for number in first} == {int}

    def test_ids_are_no_copy_for_numpy_and_torch(self, build: Any) -> None:
        numpy = pytest.importorskip("numpy")
        ids = build("a b").encode("a b b")
        view = numpy.asarray(ids)
        ids[0] = 1
        assert view.tolist() == [1, 1, 1]

    def test_nothing_to_train_on(self, build: Any) -> None:
        tokenizer = build("")
        assert (tokenizer.vocab_size, list(tokenizer.encode(" ")), tokenizer.decode([])) == (0, [], "")

    @pytest.mark.parametrize("unk", [None, "[UNK]"])
    @pytest.mark.parametrize("in_text", ["recognised", "text", "refused"])
    def test_special_tokens_in_a_text(self, build: Any, in_text: Any, unk: str | None) -> None:
        specials = assay.SpecialTokens(eos="[EOS]", unk=unk, pad="(pad)", in_text=in_text)
        ours, plain = build("a [EOS] b", specials), RegexTokenizer("a [EOS] b", specials)
        assert ours.special_tokens == plain.special_tokens
        for text in ["a b", "[EOS] a", "a never [EOS]", "[UNK]", "a (pad) b"]:
            assert _or_error(ours, text) == _or_error(plain, text)
        every = list(range(plain.vocab_size))
        assert ours.decode(every) == plain.decode(every)

    def test_words_of_equal_length_and_digest_are_told_apart(self, build: Any) -> None:
        first, second = "8yn0iYCKYHlIj4-BwPqk", "GReLUrM4wMqfg9yzV3KQ"  # the same FNV-1a of 64 bits
        tokenizer = build(f"{first} {second}")
        assert tokenizer._hashes[0] == tokenizer._hashes[1]
        assert list(tokenizer.encode(f"{second} {first}")) == [1, 0]
        assert _or_error(build(first), second) == f"the word {second!r} is not in the vocabulary"

    def test_two_words_of_one_slot_are_two_words(self, build: Any) -> None:
        words = [f"w{number}" for number in range(50_000)]
        tokenizer = build(" ".join(words))
        assert list(tokenizer.encode(" ".join(sorted(words)))) == list(range(50_000))
        assert _or_error(tokenizer, "w50000") == "the word 'w50000' is not in the vocabulary"


def _or_error(tokenizer: assay.Tokenizer, text: str) -> list[int] | str:
    try:
        return list(tokenizer.encode(text))
    except assay.AssayError as error:
        return str(error)
