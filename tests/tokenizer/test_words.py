"""Words: the one expression against the rules of the standard, and in time that grows with the text only."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import uax29
from assay.tokenizer.words import spaceless, word_spans

# One or two of every class that the rules tell apart. No emoji behind a joiner: see tokenizer/words.py.
ALPHABET = "aé1٣_‿.:,;'\u2019\"״-/ \n\r\t\u2028\u0301\u00ad\u200dカアאבж字ไ한🇩🇪·\u3000²½"


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in word_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The quick (“brown”) fox can\u2019t jump 32.3 feet, right?",
            "The quick brown fox can\u2019t jump 32.3 feet right",
        ),
        ("can't stop, 1,000 e-mails", "can't stop 1,000 e mails"),
        ("foo_bar __init__ _", "foo_bar __init__"),
        ("a.b.c U.S.A. 3.a a.3", "a.b.c U.S.A 3 a a 3"),
        ("'a' \"b\"", "a b"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("צה״ל ג\u05f3", "צה״ל ג\u05f3"),
        ("אב'", "אב'"),
        ("テスト字です", "テスト"),
        ("e\u0301te\u0301", "e\u0301te\u0301"),
        ("🇩🇪 👍🏽 … — ²", ""),
        ("", ""),
    ],
)
def test_by_hand(text: str, expected: str) -> None:
    """The first is the example of the standard itself, figure 1."""
    assert words(text) == expected.split()


@pytest.mark.long
@settings(max_examples=2000, deadline=None)
@given(text=st.text(ALPHABET, max_size=9))
def test_against_the_rules_of_the_standard(text: str) -> None:
    assert word_spans(text) == uax29.word_spans(text)


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(lambda text: "\u200d" not in text))
def test_against_the_rules_on_any_character(text: str) -> None:
    assert word_spans(text) == uax29.word_spans(text)


@pytest.mark.long
def test_ascii_by_itself_against_the_rules() -> None:
    """It has an expression of its own: every text of up to five characters, one of each class that has a part there."""
    texts = ["".join(text) for size in range(6) for text in itertools.product("a1_.:, ", repeat=size)]
    assert [text for text in texts if word_spans(text) != uax29.word_spans(text)] == []


@pytest.mark.long
@settings(max_examples=1000, deadline=None)
@given(text=st.text(st.characters(max_codepoint=127), max_size=12))
def test_ascii_against_the_rules_on_any_character(text: str) -> None:
    assert word_spans(text) == uax29.word_spans(text)


@given(text=st.text(st.characters(), max_size=20))
def test_any_text_has_words_in_order_and_apart(text: str) -> None:
    ends = [place for span in word_spans(text) for place in span]
    assert ends == sorted(ends)
    assert all(0 <= start < end <= len(text) for start, end in word_spans(text))


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "_",
        "_.",
        "a_",
        "1,",
        "a.",
        "a..",
        "'",
        "\u0301",
        "🇩🇪",
        'א"',
        "א'",
        "_\u0301",
        "a\u0301",
        "👩\u200d",
        " ",
        "\0",
        "カ",
    ],
    ids=ascii,
)
def test_no_run_of_anything_takes_long(unit: str) -> None:
    """100,000 characters take some hundredths of a second; were it the square of that, many seconds."""
    start = time.process_time()
    word_spans(unit * (100_000 // len(unit)))
    assert time.process_time() - start < 1.0


class TestSpaceless:
    @pytest.mark.parametrize(
        ("text", "count"), [("字ひカไབ", 5), ("plain", 0), ("Привет 한국 é अ א", 0), ("a字b", 1), ("", 0)]
    )
    def test_by_hand(self, text: str, count: int) -> None:
        assert spaceless(text) == count

    @given(left=st.text(max_size=9), right=st.text(max_size=9))
    def test_it_adds_up(self, left: str, right: str) -> None:
        assert spaceless(left + right) == spaceless(left) + spaceless(right)
