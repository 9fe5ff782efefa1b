"""Ids that are there when they are returned, and ids that may be computed later."""

from __future__ import annotations

from array import array
from collections import UserList
from collections.abc import Sequence

import numpy as np
import pytest

from assay.measure.token_ids import RealIds, is_real


class Fixed:
    """A tokenizer that gives the same ids for every text."""

    unk_id = None
    vocab_size = 256

    def __init__(self, ids: Sequence[int]) -> None:
        self.ids = ids

    def encode(self, text: str) -> Sequence[int]:
        return self.ids

    def decode(self, ids: Sequence[int]) -> str:
        return ""


@pytest.mark.parametrize("ids", [[1, 2], (1, 2), b"\1\2", array("I", [1, 2]), np.array([1, 2])])
def test_what_holds_its_ids_is_returned_as_it_is(ids: Sequence[int]) -> None:
    tokenizer = Fixed(ids)
    real = RealIds(tokenizer)
    assert is_real(ids)
    assert real("a") is ids
    assert real.timed == tokenizer.encode


def test_what_may_compute_them_later_is_copied_while_the_clock_runs() -> None:
    looked: list[str] = []

    class Late(UserList[int]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            looked.append("now")
            return iter([7, 8])

    real = RealIds(Fixed(Late()))
    assert not is_real(Late())
    assert real("a") == [7, 8]
    assert looked == ["now"]
    assert real.timed is real


def test_a_subclass_of_a_list_is_not_trusted() -> None:
    class Mine(list[int]):
        pass

    assert not is_real(Mine([1]))
