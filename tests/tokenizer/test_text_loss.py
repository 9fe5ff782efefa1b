"""How much of a text comes back, against a slow count of what two texts have in common."""

from __future__ import annotations

import random
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.tokenizer import text_loss
from assay.tokenizer.text_loss import EXACT, MOST, WINDOW, Returned, TextLoss, loss_figures

SHORT = st.text(alphabet="abcé \n", max_size=30)
WORDS = ("the", "of", "and", "a", "to", "in", "is", "it", "you", "that", "he", "was", "for", "on", "are", "as")
PROSE = " ".join(random.Random(7).choices(WORDS, k=30_000))


def share(text: str, decoded: str) -> float:
    return Returned().add(text, decoded).share


def slow(text: str, decoded: str) -> int:
    """The longest common subsequence by its definition."""

    def row(before: list[int], char: str) -> list[int]:
        found = [0]
        for place, other in enumerate(decoded):
            found.append(before[place] + 1 if char == other else max(before[place + 1], found[-1]))
        return found

    return reduce(row, text, [0] * (len(decoded) + 1))[-1]


@given(SHORT, SHORT)
@settings(max_examples=200)
def test_it_is_the_longest_common_subsequence_over_the_longer_text(text: str, decoded: str) -> None:
    found = Returned().add(text, decoded)
    assert (found.back, found.of) == (slow(text, decoded), max(len(text), len(decoded)))
    assert (found.share == 1.0) == (text == decoded)


@given(SHORT, SHORT)
def test_nothing_in_common_is_nothing(text: str, decoded: str) -> None:
    assert share(text + "x", decoded.translate({ord(char): "-" for char in "abcé \n"}) + "-") == 0.0


@given(SHORT, st.lists(st.integers(0, 29)))
def test_the_more_is_deleted_the_less_comes_back(text: str, places: list[int]) -> None:
    shares, left = [1.0], text
    for place in places:
        left = left[:place] + left[place + 1 :]
        shares.append(share(text, left))
        assert shares[-1] == (len(left) / len(text) if text else 1.0)
    assert shares == sorted(shares, reverse=True)


def test_what_is_added_counts_too() -> None:
    assert share("ab", "abab") == 0.5
    assert share("", "a") == 0.0


class TestLongTexts:
    def test_one_change_anywhere_is_one_character(self) -> None:
        for place in (0, 50_000, len(PROSE) - 1):
            found = Returned().add(PROSE, f"{PROSE[:place]}#{PROSE[place + 1 :]}")
            assert found.back == len(PROSE) - 1
            assert found.compared <= EXACT

    def test_what_is_cut_off_is_lost(self) -> None:
        for kept in (0.01, 0.5, 0.9):
            assert share(PROSE, PROSE[: int(kept * len(PROSE))]) == pytest.approx(kept, abs=0.02)

    def test_white_space_dropped_or_doubled(self) -> None:
        dropped, doubled = PROSE.replace(" ", ""), PROSE.replace(" ", "  ")
        assert share(PROSE, dropped) == pytest.approx(len(dropped) / len(PROSE), abs=0.01)
        assert share(PROSE, doubled) == pytest.approx(len(PROSE) / len(doubled), abs=0.01)

    def test_a_space_after_every_character(self) -> None:
        assert share("私は猫である" * 2_000, " ".join("私は猫である" * 2_000)) == pytest.approx(0.5, abs=0.01)

    def test_where_little_comes_back_windows_still_go_on(self) -> None:
        same = PROSE.count(" ") / len(PROSE)
        assert share(PROSE, PROSE.upper()) == pytest.approx(same, abs=0.01)

    def test_words_that_are_unknown(self) -> None:
        left = PROSE.replace("you", "<|unk|>")
        lost = 3 * PROSE.count("you")
        assert share(PROSE, left) == pytest.approx((len(PROSE) - lost) / len(left), abs=0.02)

    def test_no_more_is_counted_than_comes_back(self) -> None:
        dice = random.Random(3)
        for _ in range(5):
            kept = "".join(char for char in PROSE[:20_000] if dice.random() < 0.9)
            assert 0.98 * len(kept) <= Returned().add(PROSE[:20_000], kept).back <= len(kept)


class TestMoreThanIsCompared:
    def test_the_rest_is_as_what_was_compared(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(text_loss, "MOST", 10 * WINDOW)
        dropped = PROSE.replace(" ", "")
        found = Returned().add(PROSE, dropped)
        assert found.share == pytest.approx(len(dropped) / len(PROSE), abs=0.05)
        assert found.compared == 10 * WINDOW
        again = found.add(PROSE, dropped)
        assert again.compared == found.compared
        assert again.share == pytest.approx(found.share, abs=0.05)

    def test_never_more_than_was_decoded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(text_loss, "MOST", WINDOW)
        first = Returned().add(PROSE, PROSE)
        assert first.compared == 0
        cut = first.add(PROSE, "#" + PROSE[:100])
        assert cut.back - first.back <= 101

    def test_work_is_bounded(self) -> None:
        assert MOST <= 1_000_000


class TestNormalization:
    def test_both_sides_are_normalized(self) -> None:
        loss = TextLoss(("lowercase", "no-spaces"))
        loss.add("Ab c", "a bC")
        assert (loss.plain.share, loss.after.share) == (0.25, 1.0)

    def test_without_one_it_is_the_same(self) -> None:
        loss = TextLoss(())
        loss.add("Ab", "b")
        assert loss_figures(loss.plain, loss.after, ()) == {"characters_back": 0.5, "characters_back_normalized": 0.5}

    def test_its_names_are_told(self) -> None:
        assert loss_figures(Returned(), Returned(), ("nfkc", "spaces"))["normalization"] == "nfkc, spaces"

    def test_exact_texts_cost_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(text_loss, "normalized", None)
        loss = TextLoss(("nfkc",))
        loss.add("Ab", "Ab")
        assert loss_figures(loss.plain, loss.after, ("nfkc",))["characters_back_normalized"] == 1.0
