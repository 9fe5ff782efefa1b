"""Encoding fresh text: each call has texts of its own, and wrong ids are found in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from assay.corpus.loading import Parts
from assay.errors import UnknownToken, WrongOutput
from assay.measure.fresh_encoding import MOST_BYTES, MOST_CALLS
from assay.measure.id_equivalence import IdEquivalence
from assay.measure.subject import Operation
from assay.measure.tokenizer_subject import TokenizerSubject
from assay.plugins.types import SCALING, Document, TokenizerPlugin
from assay.records.results import FRESH

TEXT = " ".join(f"word{place}" for place in range(40))


class Bytes:
    """A right tokenizer, unless a test gives it another `change` of what it gives."""

    unk_id: int | None = None
    vocab_size = 256

    def __init__(self) -> None:
        self.change: Callable[[str, list[int]], Any] = lambda text, ids: ids
        self.seen: list[str] = []

    def encode(self, text: str) -> Sequence[int]:
        self.seen.append(text)
        ids: Sequence[int] = self.change(text, list(text.encode()))
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        return bytes(ids).decode()


def subject(tokenizer: Bytes, text: str = TEXT, kind: str = "", **fields: Any) -> TokenizerSubject:
    plugin = TokenizerPlugin(name="t", summary="of a test", build=lambda training: tokenizer, **fields)
    made = TokenizerSubject(plugin, Parts(training="", measured=(Document(text=text, id="0"),)), kind=kind)
    made.check()
    return made


def fresh(tokenizer: Bytes, text: str = TEXT, **fields: Any) -> Operation:
    return subject(tokenizer, text, **fields).operations()[-1]


def sample(operation: Operation, seed: int, iterations: int = 1) -> None:
    operation.refresh(seed, iterations)
    operation.spot_check([operation.call() for _ in range(iterations)])


def test_every_call_has_texts_of_its_own() -> None:
    tokenizer = Bytes()
    operation = fresh(tokenizer)
    assert (operation.name, operation.size, operation.tokens) == (FRESH, len(TEXT), len(TEXT))
    tokenizer.seen.clear()
    for seed in range(5):
        sample(operation, seed, 10)
    assert len(set(tokenizer.seen)) == len(tokenizer.seen) == 50
    assert TEXT not in tokenizer.seen
    assert {tuple(sorted(text.split())) for text in tokenizer.seen} == {tuple(sorted(TEXT.split()))}


def test_a_seed_repeats_its_texts() -> None:
    tokenizer = Bytes()
    operation = fresh(tokenizer)
    tokenizer.seen.clear()
    for _ in range(2):
        sample(operation, 7, 3)
    assert tokenizer.seen[:3] == tokenizer.seen[3:]


def test_memory_for_the_texts_of_a_batch_is_bounded() -> None:
    assert fresh(Bytes()).most_iterations == MOST_CALLS
    long = " ".join(f"word{place}" for place in range(30_000))
    assert fresh(Bytes(), long).most_iterations == MOST_BYTES // len(long)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text, ids: ids[:-1], "it promises a lossless round trip, but fresh text"),
        (lambda text, ids: [*ids, 256], "outside the vocabulary of 256"),
        (lambda text, ids: [], "0 tokens for words that had 269 before"),
        (lambda text, ids: range(len(ids)), "a timed call gives range, whose ids may not be there yet"),
    ],
    ids=["lost", "no id", "none", "not real"],
)
@pytest.mark.parametrize("early", [False, True])
def test_what_is_wrong_on_fresh_text_alone(change: Callable[[str, list[int]], Any], reason: str, early: bool) -> None:
    tokenizer = Bytes()
    checked = subject(tokenizer)
    operation = None if early else checked.operations()[-1]
    tokenizer.change = lambda text, ids: ids if text == TEXT else change(text, ids)
    with pytest.raises(WrongOutput, match=None if early else reason):
        sample(operation or checked.operations()[-1], 1)


def test_a_lossy_one_may_lose_fresh_text_too() -> None:
    tokenizer = Bytes()
    tokenizer.change = lambda text, ids: ids[:-3]
    sample(fresh(tokenizer, lossless=False), 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text, ids: list(TEXT.encode()), "other ids for a fresh text than for the 59 characters"),
        (lambda text, ids: ids[: len(ids) * 3 // 5], "161 tokens for words that had 269 before"),
    ],
    ids=["of another text", "of a part"],
)
def test_a_lossy_one_has_the_ids_of_the_text_that_is_timed(
    change: Callable[[str, list[int]], Any], reason: str
) -> None:
    tokenizer = Bytes()
    operation = fresh(tokenizer, lossless=False)
    tokenizer.change = lambda text, ids: change(text, ids) if len(text) == len(TEXT) else ids
    with pytest.raises(WrongOutput, match=reason):
        sample(operation, 1)


def test_a_closed_vocabulary_need_not_know_the_beginning_of_a_text() -> None:
    tokenizer = Bytes()
    tokenizer.change = lambda text, ids: ids if len(text) == len(TEXT) else refuse("", ids)
    sample(fresh(tokenizer, lossless=False), 1)


def test_ids_that_are_claimed_are_compared_on_fresh_text() -> None:
    tokenizer = Bytes()
    checked = subject(tokenizer)
    checked.equivalence = IdEquivalence("right", Bytes())
    assert checked.operations()[-1].name == FRESH
    wrong = Bytes()
    wrong.change = lambda text, ids: ids if text == TEXT else ids[::-1]
    checked.equivalence = IdEquivalence("wrong", wrong)
    with pytest.raises(WrongOutput, match="fresh text 0"):
        checked.operations()


def refuse(text: str, ids: list[int]) -> list[int]:
    if text != TEXT:
        raise UnknownToken("it is not in the vocabulary")
    return ids


def test_it_is_left_out_where_it_makes_no_sense() -> None:
    closed = Bytes()
    closed.change = refuse
    for left in (subject(closed), subject(Bytes(), "to be or not to be"), subject(Bytes(), kind=SCALING)):
        assert [operation.name for operation in left.operations()] == ["encode", "decode"]


@pytest.mark.parametrize("keeps", [True, False])
def test_a_decode_that_remembers_ids_is_much_faster_the_second_time(keeps: bool) -> None:
    class Slow(Bytes):
        def __init__(self) -> None:
            super().__init__()
            self.kept: dict[bytes, str] = {}

        def decode(self, ids: Sequence[int]) -> str:
            key = bytes(ids)
            if not keeps or key not in self.kept:
                for _ in range(200):
                    self.kept[key] = "".join(map(chr, ids))
            return self.kept[key]

    made = subject(Slow(), TEXT * 4)
    made.operations()
    faster = made.memory()["decode_repeat_speedup"]
    assert isinstance(faster, float)
    assert (faster > 10.0) == keeps
    assert (faster < 2.5) != keeps


def test_what_is_decoded_in_no_time_has_no_figure() -> None:
    made = subject(Bytes())
    made.operations()
    assert "decode_repeat_speedup" not in made.memory()
