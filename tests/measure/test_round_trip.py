"""The gate: what an output must pass, and how a wrong one is told."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import WrongOutput
from assay.measure.round_trip import EXCERPT, compare_ids, difference, round_trip
from assay.plugins.types import Tokenizer
from assay.testkit.shrinking import quoted

IDS = st.lists(st.integers(0, 9), max_size=6)


class Fixed:
    """Gives what it is told to give."""

    unk_id = None

    def __init__(self, *encoded: list[int], decoded: Any = "", vocab_size: int = 10) -> None:
        self.vocab_size, self.decoded = vocab_size, decoded
        self.encoded = iter(encoded)

    def encode(self, text: str) -> list[int]:
        return next(self.encoded)

    def decode(self, ids: Any) -> Any:
        return self.decoded


def tried(fixed: Fixed, text: str, ids: list[int]) -> str | None:
    return round_trip(cast(Tokenizer, fixed), "it", text, ids)


@given(text=st.text(), ids=IDS)
def test_the_same_text_is_no_difference(text: str, ids: list[int]) -> None:
    assert tried(Fixed(ids, decoded=text), text, ids) is None


@given(before=st.text(max_size=30), one=st.characters(), other=st.characters(), after=st.text(max_size=30))
def test_the_first_difference_is_told_with_what_stands_around_it(before: str, one: str, other: str, after: str) -> None:
    if one == other:
        return
    text, decoded = before + one + after, before + other + after
    around = slice(max(0, len(before) - EXCERPT), len(before) + EXCERPT)
    said = tried(Fixed([1], decoded=decoded), text, [1])
    assert said == f"it differs at character {len(before)}: {text[around]!r} became {decoded[around]!r}"


@given(text=st.text(min_size=1))
def test_what_is_cut_off_differs_at_its_end(text: str) -> None:
    assert (tried(Fixed([1], decoded=text[:-1]), text, [1]) or "").startswith(
        f"it differs at character {len(text) - 1}"
    )


@pytest.mark.parametrize("wrong", [-1, 10])
def test_an_id_outside_the_vocabulary(wrong: int) -> None:
    with pytest.raises(WrongOutput, match=f"id {wrong} at token 1 of it is outside the vocabulary of 10"):
        tried(Fixed(), "ab", [0, wrong])


def test_decode_must_give_text() -> None:
    with pytest.raises(WrongOutput, match="decode gives bytes, not str"):
        tried(Fixed([0], decoded=b"a"), "a", [0])


@given(expected=IDS, found=IDS)
def test_ids_are_equal_or_the_first_difference_is_told(expected: list[int], found: list[int]) -> None:
    if expected == found:
        compare_ids("it", found, expected, "now")
        return
    with pytest.raises(WrongOutput, match="it encodes to other ids now") as caught:
        compare_ids("it", found, expected, "now")
    place = next((i for i, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), None)
    if place is None:
        assert caught.value.message.endswith(f"{len(found)} tokens instead of {len(expected)}")
    else:
        assert caught.value.message.endswith(f"id {found[place]} instead of {expected[place]} at token {place}")


@pytest.mark.parametrize(
    ("decoded", "told"),
    [
        ("0123456789abcdefghijklmnopqrstuvwxyZ", "differs at character 35: 'nopqrstuvwxyz' became 'nopqrstuvwxyZ'"),
        ("012", "differs at character 3: '0123456789abcde' became '012'"),
        ("0123456789abcdefghijklmnopqrstuvwxyz!", "differs at character 36: 'opqrstuvwxyz' became 'opqrstuvwxyz!'"),
        (
            "0123456789abcdefghijklmno_qrstuvwxyz",
            "differs at character 25: 'defghijklmnopqrstuvwxyz' became 'defghijklmno_qrstuvwxyz'",
        ),
    ],
)
def test_the_place_by_hand(decoded: str, told: str) -> None:
    assert difference("it", "0123456789abcdefghijklmnopqrstuvwxyz", decoded) == f"it {told}"


def test_what_is_wrong_is_said_in_full() -> None:
    for fixed, ids, told in (
        (Fixed(), [0, 10], "id 10 at token 1 of it is outside the vocabulary of 10"),
        (Fixed(), [-1, 99], "id -1 at token 0 of it is outside the vocabulary of 10"),
        (Fixed([0, 9]), [0, 0], "it encodes to other ids the second time: id 9 instead of 0 at token 1"),
        (Fixed([0]), [0, 0], "it encodes to other ids the second time: 1 tokens instead of 2"),
        (Fixed([9], decoded=b"a"), [9], "decode gives bytes, not str"),
    ):
        with pytest.raises(WrongOutput) as caught:
            tried(fixed, "ab", ids)
        assert caught.value.message == told
    assert tried(Fixed([0, 9], decoded="ab"), "ab", [0, 9]) is None


@pytest.mark.parametrize("white", ["\u00a0", "\u2003", "\u200b", "\u3000", "\t", "\n", "\ufeff"])
def test_unusual_white_space_is_shown_as_python_writes_it(white: str) -> None:
    said = difference("it", f"a{white}b", "a b")
    assert white not in said
    assert white not in quoted(f"a{white}b")
    assert white not in quoted("a" * 100 + white)
    assert ascii(white)[1:-1] in said
