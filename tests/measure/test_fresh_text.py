"""Fresh texts have the words of documents, and are never the same twice."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.measure.fresh_text import FEWEST_WORDS, LONGEST, MOST_CHARACTERS, POOL, FreshTexts, words_of

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=90)
# Of these each document is a number of words, all different, between spaces of some kind.
DOCUMENTS = st.lists(st.integers(0, 3 * FEWEST_WORDS), min_size=1, max_size=60)
NUMBERED = "word{}"


def numbered(counts: list[int], space: str) -> list[str]:
    return [space.join(NUMBERED.format(place) for place in range(count)) + space for count in counts]


def drawn(texts: list[str], seed: int = 1) -> list[str]:
    fresh = FreshTexts.of(texts)
    assert fresh is not None
    return fresh.draw(Random(seed))


@given(WORDS)
def test_words_make_the_text(text: str) -> None:
    for whole in (False, True):
        words = words_of(text, whole=whole)
        assert "".join(words) == text[: len(text.rstrip())]
        assert all(word.strip() for word in words)


@given(DOCUMENTS, st.sampled_from([" ", "\n\n", "\t "]), st.integers())
def test_the_words_are_those_of_the_documents_in_an_order_that_never_comes_twice(
    counts: list[int], space: str, seed: int
) -> None:
    texts, chance = numbered(counts, space), Random(seed)
    fresh = FreshTexts.of(texts)
    texts = [text for text in texts if text.strip()]
    assert (fresh is None) == (max(counts) <= FEWEST_WORDS)
    if fresh is None:
        return
    calls = [fresh.draw(chance) for _ in range(5)]
    for call in calls:
        assert sorted("".join(call)) == sorted("".join(texts))
        assert Counter(word for text in call for word in text.split()) == Counter(
            word for text in texts for word in text.split()
        )
        assert sorted(len(text.split()) for text in call) == sorted(filter(None, counts))
        assert all(text.endswith(space) for text in call)
    assert len({tuple(call) for call in (*calls, texts)}) == 6


def test_lines_do_not_come_again_either() -> None:
    lines = [" ".join(NUMBERED.format(place) for place in range(start, start + 8)) for start in range(0, 8000, 8)]
    fresh = FreshTexts.of(["\n".join(lines)])
    assert fresh is not None
    chance, seen = Random(3), set(lines)
    for _ in range(20):
        (text,) = fresh.draw(chance)
        found = [line for line in text.split("\n") if line.count(" ") > 1]
        assert not seen & set(found)
        seen.update(found)


def test_the_first_word_of_a_document_has_no_space_before_it_and_no_other_lacks_one() -> None:
    texts = numbered([20] * 30, " ")
    for text in drawn(texts):
        assert len(text.split()) == 20
        assert not text.startswith(" ")


def test_a_long_document_keeps_its_words() -> None:
    texts = [" ".join(f"{name}{place}" for place in range(POOL + 1)) for name in "ab"]
    first, second = drawn(texts)
    assert sorted(first.split()) == sorted(texts[0].split())
    assert sorted(second.split()) == sorted(texts[1].split())


@pytest.mark.parametrize("texts", [[], [""], ["one"], ["a b " * 1000], [" ".join("abcdefghijkl")], [" " * 100]])
def test_too_few_words_to_be_new(texts: list[str]) -> None:
    assert FreshTexts.of(texts) is None


class TestScriptsWithoutSpaces:
    CLAUSE = "今天天气很好今天天气很好今天天气很好"

    def test_they_are_cut_before_marks(self) -> None:
        text = f"「{self.CLAUSE}」、{self.CLAUSE}。{self.CLAUSE}"
        assert words_of(text) == [f"「{self.CLAUSE}", f"」、{self.CLAUSE}", f"。{self.CLAUSE}"]

    def test_a_mark_at_the_end_stays(self) -> None:
        assert words_of(f" {self.CLAUSE}。{self.CLAUSE}。") == [f" {self.CLAUSE}", f"。{self.CLAUSE}。"]

    def test_what_has_no_marks_is_cut_by_length(self) -> None:
        assert [len(word) for word in words_of("字" * 150)] == [LONGEST, LONGEST, 150 - 2 * LONGEST]

    def test_a_closed_vocabulary_keeps_its_words(self) -> None:
        assert words_of("字" * 150 + " x", whole=True) == ["字" * 150, " x"]

    def test_short_words_with_marks_are_whole(self) -> None:
        assert words_of("I don't, (really).") == ["I", " don't,", " (really)."]


@pytest.mark.parametrize("documents", [1, 3, 2 * POOL])
def test_of_much_text_a_part(documents: int) -> None:
    text = " ".join(NUMBERED.format(place) for place in range(3 * MOST_CHARACTERS // documents // 10))
    fresh = FreshTexts.of([text] * documents)
    assert fresh is not None
    assert MOST_CHARACTERS / 3 < fresh.size <= MOST_CHARACTERS
    assert set(" ".join(fresh.draw(Random(1))).split()) <= set(text.split())
