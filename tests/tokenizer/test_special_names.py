"""Which strings a tokenizer may take for one token of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.tokenizer.special_names import MOST, special_names


@dataclass
class Words:
    """Knows a few words, one id each, and nothing else."""

    known: tuple[str, ...] = ("one", "two", "x")
    special_tokens: Mapping[str, int] = field(default_factory=dict)
    unk_id: int | None = None

    @property
    def vocab_size(self) -> int:
        return len(self.known)

    def encode(self, text: str) -> Sequence[int]:
        return [self.known.index(text)]

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(self.known[value] for value in ids)

    def token_bytes(self, token_id: int) -> bytes:
        return self.known[token_id].encode()


def test_declared_ones_come_first_then_those_listed_then_outer_ids() -> None:
    found = special_names(("<a>",), Words(special_tokens={"<b>": 0, "<a>": 1}))
    assert found == ("<a>", "<b>", "two", "one")  # a single character is no name


def test_one_that_is_not_encoded_to_itself_or_cannot_be_decoded_is_left_out() -> None:
    class Doubled(Words):
        def encode(self, text: str) -> Sequence[int]:
            return [0, 0]

    class Silent(Words):
        def decode(self, ids: Sequence[int]) -> str:
            raise KeyError(ids)

    assert special_names((), Doubled()) == special_names((), Silent()) == ()


def test_of_many_there_are_the_first_and_the_last() -> None:
    many = {f"<{number}>": number for number in range(1_000)}
    found = special_names((), Words(special_tokens=many))
    assert len(found) <= MOST
    assert {"<0>", "<999>"} <= set(found)


def test_ids_that_stand_for_nothing_do_not_hide_the_last_one() -> None:
    class Padded(Words):
        vocab_size = 1_000

        def token_bytes(self, token_id: int) -> bytes:
            if token_id >= len(self.known):
                raise KeyError(token_id)
            return super().token_bytes(token_id)

    assert special_names((), Padded()) == ("two", "one")


def test_a_vocabulary_of_no_size_has_none() -> None:
    class Sizeless(Words):
        vocab_size = "many"  # type: ignore[assignment]

    assert special_names((), Sizeless()) == ()


def test_ids_that_may_not_be_assigned_are_not_decoded() -> None:
    class Holes(Words):
        def decode(self, ids: Sequence[int]) -> str:
            assert ids == [2]
            return "two"

        def encode(self, text: str) -> Sequence[int]:
            return [2]

    class Bare:
        vocab_size, unk_id = 3, None
        decode, encode = Holes().decode, Holes().encode

    assert special_names((), Bare()) == ("two",)
