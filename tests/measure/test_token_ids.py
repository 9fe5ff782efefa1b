"""Ids that are there when they are returned, and ids that may be computed later."""

from __future__ import annotations

from array import array
from collections import UserList
from collections.abc import Sequence

import numpy as np
import pytest

from assay.measure.token_ids import RealIds, is_real


@pytest.mark.parametrize("ids", [[1, 2], (1, 2), b"\1\2", array("I", [1, 2]), np.array([1, 2])])
def test_what_holds_its_ids_is_returned_as_it_is(ids: Sequence[int]) -> None:
    def encode(text: str) -> Sequence[int]:
        return ids

    real = RealIds(encode)
    assert is_real(ids)
    assert real("a") is ids
    assert real.timed is encode


def test_what_may_compute_them_later_is_copied_while_the_clock_runs() -> None:
    looked: list[str] = []

    class Late(UserList[int]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            looked.append("now")
            return iter([7, 8])

    real = RealIds(lambda text: Late())
    assert not is_real(Late())
    assert real("a") == [7, 8]
    assert looked == ["now"]
    assert real.timed is real


def test_a_subclass_of_a_list_is_not_trusted() -> None:
    class Mine(list[int]):
        pass

    assert not is_real(Mine([1]))
