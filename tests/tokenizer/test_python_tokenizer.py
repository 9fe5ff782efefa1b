"""What is handed over in Python, as a tokenizer: as it is where it is whole, else with what it has."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from assay.errors import WrongOutput
from assay.plugins.types import EncodeBatch, SpecialIds, TokenBytes
from assay.tokenizer.answers import as_tokenizer, notes_of, vocabulary_size
from assay.tokenizer.python_tokenizer import NO_DECODE, NO_SIZE, as_whole, decodes, has_size


def encode(text: str) -> list[int]:
    return list(text.encode())


def test_a_whole_tokenizer_is_itself() -> None:
    whole = SimpleNamespace(vocab_size=256, unk_id=None, encode=encode, decode=bytes)
    assert as_whole(whole) is whole
    assert decodes(whole)
    assert has_size(whole)


def test_a_function_is_called_as_it_is_and_says_what_it_lacks() -> None:
    built = as_whole(encode)
    assert as_tokenizer(built) is built
    assert built.encode is encode
    assert (decodes(built), vocabulary_size(built), built.unk_id) == (False, None, None)
    assert notes_of(built) == f"{NO_DECODE}; {NO_SIZE}"
    for ability in (EncodeBatch, TokenBytes, SpecialIds):
        assert not isinstance(built, ability)


def test_what_has_no_encode_is_refused() -> None:
    with pytest.raises(WrongOutput, match="int has no encode that can be called"):
        as_whole(3)


@pytest.mark.parametrize(
    "fields", [{"vocab_size": 9}, {"vocabulary_size": 9}, {"n_vocab": 9}, {"get_vocab_size": lambda: 9}]
)
def test_the_size_of_a_vocabulary_has_several_names(fields: dict[str, Any]) -> None:
    built = as_whole(SimpleNamespace(encode=encode, **fields))
    assert vocabulary_size(built) == 9
    assert notes_of(built) == NO_DECODE


def test_a_batch_is_taken_where_it_has_threads() -> None:
    def alone(texts: Sequence[str]) -> list[list[int]]:
        return [encode(text) for text in texts]

    def threaded(texts: Sequence[str], threads: int) -> list[list[int]]:
        return alone(texts)

    assert isinstance(as_whole(SimpleNamespace(encode=encode, encode_batch=threaded)), EncodeBatch)
    assert not isinstance(as_whole(SimpleNamespace(encode=encode, encode_batch=alone)), EncodeBatch)


def test_what_an_object_can_beyond_that_is_kept() -> None:
    given = SimpleNamespace(encode=encode, token_bytes=lambda token: bytes([token]), special_tokens={"<s>": 1})
    built = as_whole(given)
    assert isinstance(built, TokenBytes)
    assert isinstance(built, SpecialIds)


def test_ids_of_the_library_tokenizers_are_taken_out() -> None:
    kind = type("Tokenizer", (), {"__module__": "tokenizers", "encode": lambda self, text: SimpleNamespace(ids=[1, 2])})
    assert as_whole(kind()).encode("ab") == [1, 2]
