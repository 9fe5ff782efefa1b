"""The gate and the audit of a tokenizer: right ones pass, whatever their ids are kept in; wrong ones do not."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch

from assay.corpus.loading import Parts
from assay.errors import UnknownToken, WrongOutput
from assay.execute.functions import tokenizer_of
from assay.measure import timer as clock
from assay.measure.subject import Operation
from assay.measure.tokenizer_subject import SHORT, STRIDE, TokenizerSubject
from assay.plugins.types import Document, SpecialTokens, TokenizerPlugin
from assay.records.results import Value
from assay.tokenizer.metrics import ids_digest

MANY_WORDS = " ".join(f"word{number}" for number in range(400))
SHORT_TEXT, LONG_TEXT = "to be or not", "so long a text " * 200
assert len(SHORT_TEXT) < SHORT < len(LONG_TEXT)


class Bytes:
    """A right tokenizer, an id a byte, unless a test changes what it gives."""

    unk_id: int | None = None
    vocab_size: Any = 256

    def __init__(self, kind: Callable[[list[int]], Any] = list) -> None:
        self.kind = kind
        self.spoil: Callable[[list[int]], list[int]] = lambda ids: ids
        self.unspoil: Callable[[str], Any] = lambda text: text

    def encode(self, text: str) -> Sequence[int]:
        ids: Sequence[int] = self.kind(self.spoil(list(text.encode())))
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        text: str = self.unspoil(bytes(int(value) for value in ids).decode())
        return text

    @contextmanager
    def spoiled(self, spoil: Callable[[list[int]], list[int]]) -> Iterator[None]:
        before, self.spoil = self.spoil, spoil
        yield
        self.spoil = before


def subject(tokenizer: Bytes, *texts: str, lossless: bool = True, **fields: Any) -> TokenizerSubject:
    plugin = TokenizerPlugin(
        name="t", summary="of a test", build=lambda training: tokenizer, lossless=lossless, **fields
    )
    documents = tuple(Document(text=text, id=str(number)) for number, text in enumerate(texts or (SHORT_TEXT,)))
    return TokenizerSubject(plugin, Parts(training="training", measured=documents))


def figures(checked: TokenizerSubject) -> dict[str, Value]:
    return dict(checked.check())


def timed(operation: Operation, iterations: int = 1) -> None:
    """Take a sample as the bench does."""
    _, outputs = clock.read(operation.call, iterations)
    operation.spot_check(outputs)


def put(place: int, value: int) -> Callable[[list[int]], list[int]]:
    def spoil(ids: list[int]) -> list[int]:
        ids[place] = value
        return ids

    return spoil


KINDS: dict[str, Callable[[list[int]], Any]] = {
    "list": list,
    "tuple": tuple,
    "numpy": np.array,
    "numpy of 16 bits": lambda ids: np.array(ids, dtype=np.uint16),
    "list of numpy integers": lambda ids: list(np.array(ids)),
    "array": lambda ids: array("i", ids),
    "bytes": bytes,
}


class TestGate:
    @pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
    def test_any_sequence_of_integers_passes_with_the_same_figures(self, kind: Callable[[list[int]], Any]) -> None:
        texts = (SHORT_TEXT, "", LONG_TEXT, "ß字")
        checked = subject(Bytes(kind), *texts)
        found = figures(checked)
        assert (found["tokens"], found["documents"], found["round_trip"]) == (len("".join(texts).encode()), 4, 1.0)
        assert found["ids_sha256"] == ids_digest(list(text.encode()) for text in texts)
        for operation in checked.operations():
            for _ in range(2 * STRIDE):
                timed(operation, 2)
        checked.recheck()

    @pytest.mark.parametrize("value", [256, 1000, -1])
    def test_an_id_outside_the_vocabulary(self, value: int) -> None:
        tokenizer = Bytes()
        tokenizer.spoil = put(3, value)
        with pytest.raises(WrongOutput, match=f"id {value} at token 3 of document 0 is outside the vocabulary of 256"):
            subject(tokenizer).check()

    def test_the_largest_id_is_one_less_than_the_vocabulary(self) -> None:
        tokenizer = Bytes()
        tokenizer.vocab_size = np.int64(max(SHORT_TEXT.encode()) + 1)
        assert figures(subject(tokenizer))["vocabulary_size"] == max(SHORT_TEXT.encode()) + 1

    @pytest.mark.parametrize(
        "kind", [lambda ids: [float(value) for value in ids], lambda ids: [str(value) for value in ids]]
    )
    def test_ids_that_are_no_integers(self, kind: Callable[[list[int]], Any]) -> None:
        with pytest.raises(WrongOutput, match="encode gives a list whose items are not all integers"):
            subject(Bytes(kind)).check()

    @pytest.mark.parametrize(
        ("spoil", "detail"),
        [
            (put(4, 7), "id 7 instead of 101 at token 4"),
            (lambda ids: ids[:-1], "11 tokens instead of 12"),
            (lambda ids: [*ids, 7], "13 tokens instead of 12"),
        ],
        ids=["other id", "one fewer", "one more"],
    )
    def test_other_ids_the_second_time(self, spoil: Callable[[list[int]], list[int]], detail: str) -> None:
        tokenizer, calls = Bytes(), iter([lambda ids: ids, spoil])
        tokenizer.spoil = lambda ids: next(calls)(ids)
        with pytest.raises(WrongOutput, match=f"document 0 encodes to other ids the second time: {detail}"):
            subject(tokenizer).check()

    def test_one_that_gives_the_same_list_again_cannot_deceive(self) -> None:
        """It fills one list anew at each call, so that what it gave before changes under the bench's hands."""
        kept: list[int] = []

        def refill(ids: list[int]) -> list[int]:
            kept[:] = ids
            return kept

        tokenizer = Bytes(refill)
        checked = subject(tokenizer, "hello", "hi")
        try:
            found = figures(checked)
        except WrongOutput:
            return  # refused is as good as counted right
        assert found["tokens"] == 7
        assert found["ids_sha256"] == ids_digest([b"hello", b"hi"])
        encode, _ = checked.operations()
        with tokenizer.spoiled(put(0, 7)), pytest.raises(WrongOutput):
            timed(encode)

    def test_text_that_is_no_text(self) -> None:
        tokenizer = Bytes()
        tokenizer.unspoil = str.encode
        with pytest.raises(WrongOutput, match="decode gives bytes, not str"):
            subject(tokenizer).check()

    def test_a_promise_that_is_not_kept(self) -> None:
        tokenizer = Bytes()
        tokenizer.unspoil = str.upper
        with pytest.raises(
            WrongOutput, match="promises a lossless round trip, but document 0 differs at character 0"
        ) as no:
            subject(tokenizer).check()
        assert no.value.remedy == "fix it, or announce it with lossless=False"

    def test_one_that_promises_nothing_says_where_it_differs(self) -> None:
        tokenizer = Bytes()
        tokenizer.unspoil = lambda text: text.replace("not", "NOT")
        found = figures(subject(tokenizer, "to be", SHORT_TEXT, "not", lossless=False))
        assert found["round_trip"] == 1 / 3
        assert (
            found["round_trip_difference"] == "document 1 differs at character 9: 'to be or not' became 'to be or NOT'"
        )

    def test_what_is_lost_is_counted_with_the_declared_normalization_and_without(self) -> None:
        tokenizer = Bytes()
        tokenizer.unspoil = lambda text: text.replace("not", "NOT")
        found = figures(subject(tokenizer, "to be", "or not", lossless=False, normalization=("lowercase",)))
        assert found["characters_back"] == 8 / 11
        assert (found["characters_back_normalized"], found["normalization"]) == (1.0, "lowercase")

    def test_nothing_is_lost_by_an_exact_one(self) -> None:
        found = figures(subject(Bytes()))
        assert (found["characters_back"], found["characters_back_normalized"]) == (1.0, 1.0)

    def test_one_that_promises_nothing_and_keeps_all_has_no_difference(self) -> None:
        assert "round_trip_difference" not in figures(subject(Bytes(), lossless=False))

    def test_unknown_tokens_are_counted(self) -> None:
        tokenizer = Bytes()
        tokenizer.unk_id = ord("o")
        assert figures(subject(tokenizer))["unknown_tokens"] == 3

    def test_what_the_descriptor_says_of_special_tokens(self) -> None:
        assert figures(subject(Bytes(), specials=SpecialTokens(eos="<e>")))["special_tokens"] == "eos=<e>, text"

    def test_what_a_pretrained_one_was_trained_on_stands_in_the_row(self) -> None:
        assert figures(subject(Bytes(), pretrained=True, trained_on="old books"))["pretrained_on"] == "old books"
        assert "pretrained_on" not in figures(subject(Bytes()))

    def test_an_error_of_the_plugin_is_passed_on(self) -> None:
        def refuse(ids: list[int]) -> list[int]:
            raise UnknownToken("to")

        tokenizer = Bytes()
        tokenizer.spoil = refuse
        with pytest.raises(UnknownToken):
            subject(tokenizer).check()


class TestAudit:
    """What is looked at between samples: the outputs of the timed calls themselves."""

    @pytest.fixture
    def tokenizer(self) -> Bytes:
        return Bytes()

    @pytest.fixture(params=[(SHORT_TEXT,), (LONG_TEXT,), ("", LONG_TEXT, SHORT_TEXT)], ids=["short", "long", "several"])
    def checked(self, tokenizer: Bytes, request: pytest.FixtureRequest) -> TokenizerSubject:
        made = subject(tokenizer, *request.param)
        made.check()
        return made

    @pytest.mark.parametrize(
        "spoil",
        [put(-1, 7), lambda ids: ids[:-1], lambda ids: ids[1:], lambda ids: [*ids, 7], lambda ids: [], sorted],
        ids=["last id", "one fewer", "first one fewer", "one more", "none", "sorted"],
    )
    @pytest.mark.parametrize("iterations", [1, 5])
    def test_what_is_wrong_once_is_caught(
        self, tokenizer: Bytes, checked: TokenizerSubject, spoil: Callable[[list[int]], list[int]], iterations: int
    ) -> None:
        encode, _ = checked.operations()
        timed(encode, iterations)
        once = iter([spoil])
        with (
            tokenizer.spoiled(lambda ids: next(once, lambda ids: ids)(ids) if len(ids) > 1 else ids),
            pytest.raises(WrongOutput, match="encodes to other ids in a timed call"),
        ):
            timed(encode, iterations)
        timed(encode, iterations)

    @pytest.mark.parametrize("wrong", range(5))
    def test_every_call_of_a_sample_is_looked_at(self, tokenizer: Bytes, wrong: int) -> None:
        made = subject(tokenizer, SHORT_TEXT)
        made.check()
        encode, _ = made.operations()
        calls = iter(range(5))
        with (
            tokenizer.spoiled(lambda ids: put(0, 7)(ids) if next(calls) == wrong else ids),
            pytest.raises(WrongOutput, match="in a timed call"),
        ):
            timed(encode, 5)

    @pytest.mark.parametrize("place", range(len(SHORT_TEXT)))
    def test_one_wrong_id_of_a_short_document_is_caught_at_once(self, place: int) -> None:
        tokenizer = Bytes()
        checked = subject(tokenizer, SHORT_TEXT)
        checked.check()
        encode, _ = checked.operations()
        with (
            tokenizer.spoiled(put(place, 7)),
            pytest.raises(WrongOutput, match=f"id 7 instead of {ord(SHORT_TEXT[place])} at token {place}"),
        ):
            timed(encode)

    @pytest.mark.parametrize("place", [0, 1, 15, 16, 17, 1000, 1499, 2998])
    def test_one_wrong_id_of_a_long_document_is_caught_within_a_few_samples(self, place: int) -> None:
        tokenizer = Bytes()
        checked = subject(tokenizer, SHORT_TEXT, LONG_TEXT)
        checked.check()
        encode, _ = checked.operations()

        def sixteen_samples() -> None:
            for _ in range(STRIDE):
                timed(encode)

        with (
            tokenizer.spoiled(lambda ids: put(place, 7)(ids) if len(ids) > SHORT else ids),
            pytest.raises(WrongOutput, match=f"document 1 encodes to other ids in a timed call.* token {place}"),
        ):
            sixteen_samples()

    def test_numpy_ids_that_are_wrong_are_caught_too(self) -> None:
        tokenizer = Bytes(np.array)
        checked = subject(tokenizer, SHORT_TEXT)
        checked.check()
        encode, _ = checked.operations()
        with tokenizer.spoiled(put(5, 7)), pytest.raises(WrongOutput, match="in a timed call"):
            timed(encode)

    def test_another_text_of_a_timed_decode_is_caught(self, tokenizer: Bytes, checked: TokenizerSubject) -> None:
        _, decode = checked.operations()
        timed(decode, 3)
        tokenizer.unspoil = str.upper
        with pytest.raises(WrongOutput, match="decode gives another text in a timed call"):
            timed(decode)

    def test_a_lossy_one_is_held_to_the_text_it_gave_before(self) -> None:
        tokenizer = Bytes()
        tokenizer.unspoil = str.upper
        checked = subject(tokenizer, lossless=False)
        checked.check()
        _, decode = checked.operations()
        timed(decode)
        tokenizer.unspoil = str.lower
        with pytest.raises(WrongOutput, match="another text"):
            timed(decode)

    def test_wrong_ids_after_timing_are_caught(self, tokenizer: Bytes, checked: TokenizerSubject) -> None:
        checked.recheck()
        tokenizer.spoil = lambda ids: put(0, 7)(ids) if ids else ids
        with pytest.raises(WrongOutput, match="encodes to other ids after timing: id 7"):
            checked.recheck()


class TestOperations:
    def test_what_one_call_handles(self) -> None:
        texts = ("to be", "字")
        checked = subject(Bytes(), *texts)
        checked.check()
        encode, decode = checked.operations()
        assert (encode.name, encode.tokens, encode.size) == ("encode", 8, 8)
        assert (decode.name, decode.tokens, decode.size) == ("decode", 8, 8)
        assert encode.call() == [list(text.encode()) for text in texts]
        assert decode.call() == list(texts)

    def test_tokens_and_bytes_are_not_the_same(self) -> None:
        class Letters(Bytes):
            vocab_size = 0x110000

            def encode(self, text: str) -> list[int]:
                return [ord(letter) for letter in text]

            def decode(self, ids: Sequence[int]) -> str:
                return "".join(map(chr, ids))

        checked = subject(Letters(), "字字")
        checked.check()
        encode, _ = checked.operations()
        assert (encode.tokens, encode.size) == (2, 6)


class TestPredict:
    def test_time_and_memory_are_predicted_before_the_whole_is_encoded(self) -> None:
        seen: list[int] = []
        tokenizer = Bytes()

        def note(ids: list[int]) -> list[int]:
            seen.append(len(ids))
            return ids

        tokenizer.spoil = note
        predicted = dict(subject(tokenizer, "one two " * 1000, "three").predict())
        assert predicted["predicted_seconds"] > 0
        assert predicted.get("predicted_bytes", 0) >= 0
        assert max(seen) <= 8000 / 4

    def test_time_grows_at_least_as_the_text_does(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clock, "typical_seconds", lambda *_, **__: 0.001)  # an eighth took as long as a quarter
        predicted = dict(subject(Bytes(), "one two " * 1000).predict())
        assert predicted["predicted_seconds"] == pytest.approx(0.004)

    @pytest.mark.parametrize("texts", [("",), ("a",), ("", "a"), ("a b c",), ("字" * 1000,), (" " * 100,)])
    def test_of_any_text(self, texts: tuple[str, ...]) -> None:
        names = list(subject(Bytes(), *texts).predict())
        assert names[0] == "predicted_seconds"

    def test_a_word_is_not_cut_in_two(self) -> None:
        """A closed vocabulary would refuse half a word, and the row would fail for nothing."""
        seen: list[str] = []
        tokenizer = Bytes()

        def note(ids: list[int]) -> list[int]:
            seen.append(bytes(ids).decode())
            return ids

        tokenizer.spoil = note
        text = "somewhat long words stand here and there " * 20
        subject(tokenizer, text).predict()
        assert seen
        assert {word for probe in seen for word in probe.split()} <= set(text.split())


def test_memory_is_a_figure_or_absent() -> None:
    metrics = subject(Bytes()).memory()
    assert list(metrics) in ([], ["peak_bytes"])


class TestOfAFunctionFromPython:
    """One with `encode` alone is measured, and everything that takes more is left out."""

    def encode(self, text: str) -> list[int]:
        return list(text.encode())

    def subject(self, encode: Callable[[str], Any]) -> TokenizerSubject:
        documents = (Document(text=MANY_WORDS, id="0"),)
        return TokenizerSubject(tokenizer_of("mine", encode), Parts(training="", measured=documents), grid=True)

    def test_it_is_counted_and_timed(self) -> None:
        mine = self.subject(self.encode)
        mine.predict()
        found = dict(mine.check())
        assert (found["tokens"], found["used_ids"], found["ids_as"]) == (len(MANY_WORDS), 15, "list")
        assert {"round_trip", "vocabulary_size", "characters_back", "renyi_efficiency_nominal"}.isdisjoint(found)
        assert "it has no decode" in str(found["tokenizer_notes"])
        mine.verify_shortly()
        operations = {operation.name: operation for operation in mine.operations()}
        assert "encode" in operations
        assert "fresh" in operations
        assert "decode" not in operations
        fresh = operations["fresh"]
        fresh.refresh(1, 1)
        fresh.spot_check([fresh.call()])
        mine.memory()
        mine.recheck()

    def test_the_items_of_a_tensor_are_looked_at_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One by one they take a microsecond each, outside the clock of the process: more than it may."""
        given = torch.tensor(list(MANY_WORDS.encode()))
        monkeypatch.setattr(torch.Tensor, "__iter__", None)
        mine = self.subject(lambda text: torch.tensor(list(text.encode())))
        mine.check()
        encode = mine.operations()[0]
        encode.spot_check([[given]])
        with pytest.raises(WrongOutput, match="in a timed call"):
            encode.spot_check([[given.flip(0)]])

    def test_ids_below_zero_are_wrong_all_the_same(self) -> None:
        with pytest.raises(WrongOutput, match="id -1 at token 0 of document 0 is outside the vocabulary"):
            self.subject(lambda text: [-1] * len(text)).check()

    def test_other_ids_the_second_time_are_wrong_all_the_same(self) -> None:
        seen: list[str] = []

        def encode(text: str) -> list[int]:
            seen.append(text)
            return [len(seen)]

        with pytest.raises(WrongOutput, match="encodes to other ids the second time"):
            self.subject(encode).check()

    @pytest.mark.parametrize("kind", [tuple, bytes, lambda ids: np.array(ids)])
    def test_ids_may_be_in_arrays(self, kind: Callable[[list[int]], Any]) -> None:
        assert dict(self.subject(lambda text: kind(self.encode(text))).check())["tokens"] == len(MANY_WORDS)
