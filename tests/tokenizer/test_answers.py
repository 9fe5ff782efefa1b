"""Answers of a wrong type, each refused with one sentence that names what was given, and what is wanted."""

from __future__ import annotations

from array import array
from collections import UserList, deque
from typing import Any

import numpy as np
import pytest
import torch

from assay.errors import WrongOutput
from assay.tokenizer import answers

FLOATS = "Tensor of torch.float32"


def refused(call: Any, *given: Any) -> str:
    with pytest.raises(WrongOutput) as raised:
        call(*given)
    assert raised.value.remedy
    assert "\n" not in raised.value.message
    return raised.value.message


class Built:
    vocab_size, unk_id = 9, None

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)

    def encode(self, text: str) -> list[int]:
        return []

    def decode(self, ids: Any) -> str:
        return ""


class Lazy(UserList[int]):
    def __iter__(self) -> Any:
        raise TypeError("a fault of its own")


@pytest.mark.parametrize(
    "ids",
    [[1, 2], (1, 2), b"\1\2", range(1, 3), array("I", [1, 2]), np.array([1, 2]), torch.tensor([1, 2]), deque([1, 2])],
)
def test_a_sequence_of_integers(ids: Any) -> None:
    found = answers.as_ints(ids)
    assert found == [1, 2]
    assert set(map(type, found)) == {int}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "encode gives None, not a sequence"),
        ("12", "encode gives a str, not a sequence"),
        ((value for value in (1, 2)), "encode gives a generator, not a sequence"),
        (map(int, "12"), "encode gives a map, not a sequence"),
        (iter([1]), "encode gives a list_iterator, not a sequence"),
        ({1, 2}, "encode gives a set, not a sequence"),
        ({0: 1}, "encode gives a dict, not a sequence"),
        (7, "encode gives an int, not a sequence"),
        (list, "encode gives a type, not a sequence"),
        ([1, 2.0], "encode gives a list whose items are not all integers: item 1 is 2.0, a float"),
        (["a"], "encode gives a list whose items are not all integers: item 0 is 'a', a str"),
        ([[1], [2]], "encode gives a list whose items are not all integers: item 0 is a list"),
        ([1, None], "encode gives a list whose items are not all integers: item 1 is None"),
        ((1, True), "encode gives a tuple whose items are not all integers: item 1 is True, a bool"),
        (np.array([1.0]), "encode gives a ndarray of float64 whose items are not all integers: item 0 is a float64"),
        (np.array([[1], [2]]), "encode gives a ndarray of int64 of 2 dimensions, not a sequence"),
        (np.array(1), "encode gives a ndarray of int64 of 0 dimensions, not a sequence"),
        (torch.tensor([[1]]), "encode gives a Tensor of torch.int64 of 2 dimensions, not a sequence"),
        (
            torch.tensor([0.5]),
            f"encode gives a {FLOATS} whose items are not all integers: item 0 is a {FLOATS}",
        ),
        (
            torch.tensor([True]),
            "encode gives a Tensor of torch.bool whose items are not all integers: item 0 is a Tensor of torch.bool",
        ),
    ],
)
def test_ids_of_a_wrong_type(given: Any, said: str) -> None:
    assert refused(answers.as_ints, given) == said


def test_an_error_of_the_sequence_itself_stays_what_it_is() -> None:
    with pytest.raises(TypeError, match="a fault of its own"):
        answers.as_ints(Lazy([1]))


@pytest.mark.parametrize(
    ("built", "said"),
    [
        (None, "build gives None, which has no vocab_size, unk_id, encode, decode"),
        (Built, "build gives the class Built, not an object of it"),
        (Built(encode=None), "build gives Built, whose encode cannot be called"),
        (Built(spans=None, token_bytes={}), "build gives Built, whose token_bytes cannot be called"),
        (object(), "build gives object, which has no vocab_size, unk_id, encode, decode"),
    ],
)
def test_what_is_not_a_tokenizer(built: Any, said: str) -> None:
    assert refused(answers.as_tokenizer, built) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (None, "vocab_size is None, not an integer"),
        ("256", "vocab_size is '256', a str, not an integer"),
        (256.0, "vocab_size is 256.0, a float, not an integer"),
        (True, "vocab_size is True, a bool, not an integer"),
        (-5, "vocab_size is -5, below 0"),
        (1 << 63, "vocab_size is 9,223,372,036,854,775,808, more than ids have bits for"),
        (len, "vocab_size is a builtin_function_or_method, not an integer"),
    ],
)
def test_a_size_that_is_not_one(size: Any, said: str) -> None:
    assert refused(answers.vocabulary_size, Built(vocab_size=size)) == said


def test_notes_are_one_line_or_nothing() -> None:
    assert answers.notes_of(Built(notes=("a", "b\nc"))) == "a; b c"
    assert answers.notes_of(Built()) is None
    assert "notes is 3, an int, not a tuple of texts" in refused(answers.notes_of, Built(notes=3))


def test_integers_of_numpy_are_integers() -> None:
    built = Built(vocab_size=np.int64(9), unk_id=np.int32(3), special_tokens={"a": np.int64(4)})
    assert (answers.vocabulary_size(built), answers.unknown_id(built), answers.special_ids(built)) == (9, 3, {"a": 4})


@pytest.mark.parametrize(
    ("unk", "said"),
    [("<unk>", "unk_id is '<unk>', a str, not an integer"), (3.0, "unk_id is 3.0, a float, not an integer")],
)
def test_an_unknown_token_that_is_not_an_id(unk: Any, said: str) -> None:
    assert refused(answers.unknown_id, Built(unk_id=unk)) == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["</s>"], "special_tokens is a list, not a mapping"),
        ({3: "</s>"}, "special_tokens names 3, an int, not a text"),
        ({"</s>": "3"}, "the id of '</s>' in special_tokens is '3', a str, not an integer"),
        ({"</s>": None}, "the id of '</s>' in special_tokens is None, not an integer"),
    ],
)
def test_special_tokens_that_do_not_map_texts_to_ids(given: Any, said: str) -> None:
    assert refused(answers.special_ids, Built(special_tokens=given)) == said
    assert answers.special_ids(Built()) is answers.special_ids(Built(special_tokens=None)) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "encode_batch gives None, not a sequence"),
        (iter([[1], [2]]), "encode_batch gives a list_iterator, not a sequence"),
        (UserList([[1], [2]]), "encode_batch gives a UserList, whose ids may not be there yet"),
        ([[1]], "encode_batch gives 1 results for 2 texts"),
        ([[1], [2], [3]], "encode_batch gives 3 results for 2 texts"),
    ],
)
def test_a_batch_that_is_not_one_result_for_each_text(given: Any, said: str) -> None:
    assert refused(answers.as_batch, given, 2) == said


@pytest.mark.parametrize("given", [None, b"a", ["a"]])
def test_a_text_that_is_not_one(given: Any) -> None:
    assert refused(answers.as_text, given) == f"decode gives {type(given).__name__}, not str"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "spans gives None, not a sequence"),
        ([None], "spans gives None for a token"),
        ([(0, 1.5)], "spans gives (0, 1.5), a tuple for a token"),
        ([(0, 1, 2)], "spans gives (0, 1, 2), a tuple for a token"),
        ([7], "spans gives 7, an int for a token"),
    ],
)
def test_spans_of_a_wrong_type(given: Any, said: str) -> None:
    assert refused(answers.as_spans, given) == said
    assert answers.as_spans([[0, 1], (1, 2)]) == [(0, 1), (1, 2)]
