"""GPT-2 by gigatoken and tiktoken together: tiktoken's ids for any text, and what it takes to know whom to ask."""

from __future__ import annotations

import sys
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay

pytest.importorskip("gigatoken")
np = pytest.importorskip("numpy")
tiktoken = pytest.importorskip("tiktoken")

from assay_files.patterns import GPT2  # noqa: E402
from assay_peers import gigatoken_exact  # noqa: E402
from assay_peers.gigatoken_exact import ASSIGNED, SURROGATES, ExactTokenizer, unlike  # noqa: E402

LETTER_OF_UNICODE_17 = "\U00032b15"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"  # a flag, of tags in plane 14
FRAGMENTS = st.sampled_from(
    ["'ll", "'s", "'", "  ", "\n\n", "\u3000", "12", "字", LETTER_OF_UNICODE_17, "\ud800", ENGLAND, "<|endoftext|>"]
)
ANY_CHARACTER = st.characters(codec=None, exclude_categories=[])  # surrogates and unassigned ones as well
TEXT = st.lists(st.one_of(FRAGMENTS, st.text(ANY_CHARACTER, max_size=6)), max_size=10).map("".join)
TRIED = [point for point in ASSIGNED if point not in SURROGATES]


@pytest.fixture(scope="module")
def exact() -> ExactTokenizer:
    return gigatoken_exact.gpt2()


@pytest.fixture(scope="module")
def reference() -> assay.Tokenizer:
    return assay.discover().one(assay.TokenizerPlugin, "gpt2").build("")


def found(encoding: tiktoken.Encoding, pattern: str) -> set[str]:
    """Compare GPT-2 with GPT-2 by another pattern: the characters that count as unlike among those tried."""
    ranks = {encoding.decode_single_token_bytes(value): value for value in range(encoding.n_vocab - 1)}
    other = tiktoken.Encoding("other", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    table = unlike(lambda text: np.array(other.encode_ordinary(text), dtype=np.uint32), encoding)
    assert len(table) == sys.maxunicode + 1
    assert table[SURROGATES.start : SURROGATES.stop].all()
    assert table[ASSIGNED.stop :].all()
    return {chr(point) for point in TRIED if table[point]}


class TestIds:
    @settings(deadline=None, max_examples=500)
    @given(text=TEXT)
    def test_any_text(self, exact: ExactTokenizer, reference: assay.Tokenizer, text: str) -> None:
        ids = exact.encode(text)
        assert type(ids) is array
        assert list(ids) == reference.encode(text)
        assert exact.decode(ids) == reference.decode(list(ids))

    @pytest.mark.parametrize("character", [LETTER_OF_UNICODE_17, "\ud800", ENGLAND, "\uf8ff", "\U0010fffd"])
    @pytest.mark.parametrize("context", ["{}", "a{}b", "{0}{0}'ll", " {}'s", "1{}2"])
    def test_what_gigatoken_may_not_know(
        self, exact: ExactTokenizer, reference: assay.Tokenizer, character: str, context: str
    ) -> None:
        text = context.format(character)
        assert list(exact.encode(text)) == reference.encode(text)

    def test_every_code_point_before_a_contraction(self, exact: ExactTokenizer, reference: assay.Tokenizer) -> None:
        text = "'ll ".join(map(chr, TRIED))
        assert list(exact.encode(text)) == reference.encode(text)
        plain = "'ll ".join(chr(point) for point in TRIED if not exact._unlike[point])
        assert list(exact.encode(plain)) == reference.encode(plain)


class TestUnlike:
    def test_of_the_same_nothing(self, reference: assay.Tokenizer) -> None:
        assert found(reference._encoding, GPT2) == set()  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        ("old", "new", "characters"),
        [
            (r"\p{L}", "[\\p{L}--[あ-お\U0002a700]]", "あぃいぅうぇえぉお\U0002a700"),
            (r"\p{N}", r"[\p{N}--[①-③]]", "①②③"),
            (r"\p{L}", r"[\p{L}😀]", "😀"),
            (r"\s", r"[\s--\u3000]", "\u3000"),
        ],
        ids=["letters", "digits", "symbols", "white space"],
    )
    def test_of_other_tables_just_what_differs(
        self, reference: assay.Tokenizer, old: str, new: str, characters: str
    ) -> None:
        pattern = GPT2.replace(old, new).replace(r"\S", f"[^{new}]" if old == r"\s" else r"\S")
        assert found(reference._encoding, pattern) == set(characters)  # type: ignore[attr-defined]
