"""Claimed ids, compared one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from assay.errors import WrongOutput
from assay.measure.cold_pass import ColdStart, words_seen_before
from assay.measure.id_equivalence import FUZZ, IdEquivalence


class Bytes:
    """UTF-8 bytes as ids; one that is told to spoils some of them."""

    vocab_size, unk_id = 256, None

    def __init__(self, spoil: Callable[[str, list[int]], Sequence[int]] = lambda text, ids: ids) -> None:
        self.spoil = spoil

    def encode(self, text: str) -> Sequence[int]:
        return self.spoil(text, list(text.encode("utf-8")))

    def decode(self, ids: Sequence[int]) -> str:
        return bytes(ids).decode("utf-8")

    def token_bytes(self, token_id: int) -> bytes:
        return bytes([token_id])


def crash(text: str, ids: list[int]) -> list[int]:
    raise ValueError("too long")


IDENTITY = IdEquivalence("bytes", Bytes())


@pytest.mark.long
def test_equal_ids_pass_and_the_strings_are_counted() -> None:
    found = IDENTITY.fuzz(Bytes())["fuzz_strings"]
    assert isinstance(found, int)
    assert found >= FUZZ >= 40_000


def test_a_rare_difference_is_found_by_the_strings() -> None:
    with pytest.raises(WrongOutput, match=r"claims the ids of bytes, but fuzz string \d+, '.+', has"):
        IDENTITY.fuzz(Bytes(lambda text, ids: ids[::-1] if "\x1c" in text and "é" in text else ids))


@pytest.mark.parametrize(
    ("ours", "theirs", "lost"),
    [
        ((), ("<|honk|>",), "<|honk|> "),
        (("<|honk|>",), (), "<|honk|> "),
        ((), ("<|honk|>",), "<|honk|>\n"),
        ((), ("<|honk|>",), "\t<|honk|>"),
        ((), ("<|honk|>",), "<|honk|><|honk|>"),
        ((), ("<|honk|>",), "<|HONK|>"),
        ((), ("<|honk|>",), "<|ho nk|>"),
        (("[A]",), ("[B]",), "[A][B][A]"),
    ],
)
def test_what_is_lost_beside_a_special_token_of_either_is_found(
    ours: tuple[str, ...], theirs: tuple[str, ...], lost: str
) -> None:
    wrong = Bytes(lambda text, ids: list(text.replace(lost, "").encode()))
    with pytest.raises(WrongOutput, match="claims the ids of bytes, but fuzz string"):
        IdEquivalence("bytes", Bytes(), theirs).fuzz(wrong, ours)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda text, ids: [*ids[:2], 0, *ids[3:]], "document 1 has id 0 instead of 108 at token 2, byte 2: b'llo'"),
        (lambda text, ids: ids[:-1], "document 1 has 4 tokens instead of 5, byte 4: b'o'"),
        (lambda text, ids: [*ids, 7], "document 1 has 6 tokens instead of 5, byte 5: b''"),
        (crash, "document 1 raises ValueError: too long"),
    ],
)
def test_the_first_difference_is_told(spoil: Callable[[str, list[int]], list[int]], told: str) -> None:
    text = "hello"
    expected = Bytes().encode(text)
    try:
        found: list[int] | Exception = list(Bytes(spoil).encode(text))
    except ValueError as error:
        found = error
    with pytest.raises(WrongOutput, match=told):
        IDENTITY.compare("document 1", text, list(expected), found)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda text, ids: ids[::-1] if "bc" in text else ids, r"is 'bc': \[99, 98\] instead of \[98, 99\]"),
        (lambda text, ids: crash(text, ids) if "b" in text else ids, r"is 'b': ValueError instead of \[98\]"),
    ],
)
def test_the_smallest_text_that_differs_is_told(wrong: Callable[[str, list[int]], list[int]], told: str) -> None:
    with pytest.raises(WrongOutput, match=f"document 1 .*; the smallest text that differs {told}"):
        IDENTITY.compare_on("document 1", "a long abcd text", Bytes(wrong))


def test_where_the_reference_fails_the_other_may_fail_too() -> None:
    IdEquivalence("strict", Bytes(crash)).compare("document 0", "a", ValueError(), KeyError())
    with pytest.raises(WrongOutput, match="gives ids where strict raises ValueError"):
        IdEquivalence("strict", Bytes(crash)).compare("document 0", "a", ValueError(), [1])


def passed(
    spoil: Callable[[str, list[int]], Sequence[int]] = lambda text, ids: ids, equivalence: IdEquivalence | None = None
) -> ColdStart:
    found = ColdStart(Bytes(spoil).encode)
    found.encode(TestFirstPass.TEXTS, equivalence)
    return found


def figures(found: ColdStart, seen: int = 0) -> dict[str, float]:
    return {name: float(value) for name, value in found.metrics(seen).items()}


class TestFirstPass:
    TEXTS = ("one two ", "three", "four four")

    def test_ids_are_copies(self) -> None:
        refilled: list[int] = []

        def refill(text: str, ids: list[int]) -> list[int]:
            refilled[:] = ids
            return refilled

        assert passed(refill).ids == [list(text.encode()) for text in self.TEXTS]

    @pytest.mark.parametrize(("seen", "size"), [(0, 22), (1, 14), (8, 14), (9, 9)])
    def test_documents_that_were_seen_do_not_count(self, seen: int, size: int) -> None:
        assert figures(passed(), seen)["cold_bytes"] == size

    def test_a_corpus_that_was_seen_has_no_figure(self) -> None:
        assert figures(passed(), 22) == {}

    def test_it_goes_on_where_it_was_and_encodes_nothing_twice(self) -> None:
        encoded: list[str] = []

        def note(text: str, ids: list[int]) -> list[int]:
            encoded.append(text)
            return ids

        found = ColdStart(Bytes(note).encode)
        for end in (1, 1, 3, 3):
            found.encode(self.TEXTS[:end], IDENTITY)
            assert tuple(encoded) == self.TEXTS[:end]
        assert found.ids == passed().ids
        assert figures(found)["cold_bytes"] == 22

    def test_the_ratio_is_to_the_reference(self) -> None:
        def slowly(text: str, ids: list[int]) -> list[int]:
            sum(range(300_000))
            return ids

        assert figures(passed(slowly, IDENTITY))["cold_ratio"] > 3.0

    def test_its_interval_is_over_documents(self) -> None:
        found = ColdStart(Bytes(lambda text, ids: ids).encode)
        found.encode(["some words"] * 40, IDENTITY)
        told = figures(found)
        assert 0.0 < told["cold_ratio_low"] <= told["cold_ratio"] <= told["cold_ratio_high"]
        assert not {"cold_ratio_low", "cold_ratio_high"} & figures(passed(equivalence=IDENTITY)).keys()

    def test_a_difference_ends_it_and_is_met_again(self) -> None:
        found = ColdStart(Bytes(lambda text, ids: ids[:8]).encode)
        for _ in range(2):
            with pytest.raises(WrongOutput, match="document 2 has 8 tokens instead of 9"):
                found.encode(self.TEXTS, IDENTITY)
        assert len(found.ids) == 2


def test_words_seen_before() -> None:
    assert words_seen_before(("a b", "a\nc a")) == pytest.approx(2 / 5)
    assert words_seen_before(("", " ")) == 0.0
