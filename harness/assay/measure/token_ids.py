"""Ids as a tokenizer gives them: copied, and compared."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from assay.plugins.types import Tokenizer
from assay.tokenizer.answers import as_ints as as_ints
from assay.tokenizer.answers import as_sequence


class RealIds:
    """An encode whose ids are there when it returns; what may compute its items when they are looked at is copied.

    A list, tuple, bytes, array, NumPy array or tensor holds its items. Any other sequence is copied to a list.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._copies = False

    def __call__(self, text: str) -> Sequence[int]:
        """Encode a text."""
        ids = self._tokenizer.encode(text)
        if is_real(ids):
            return ids
        self._copies = True
        return list(as_sequence(ids, "encode", "a sequence of integers, such as a list"))

    @property
    def timed(self) -> Callable[[str], Sequence[int]]:
        """What is timed: the encode itself, unless its ids had to be copied."""
        return self if self._copies else self._tokenizer.encode


def is_real(ids: object) -> bool:
    """Whether ids are of a type that holds its items."""
    return type(ids) in _held()


def _held() -> frozenset[type]:
    loaded = (("array", "array"), ("numpy", "ndarray"), ("torch", "Tensor"))
    found = (getattr(sys.modules.get(module), name, None) for module, name in loaded)
    return frozenset({list, tuple, bytes, bytearray, *(kind for kind in found if isinstance(kind, type))})


def first_difference(ours: Sequence[object], theirs: Sequence[object]) -> int | None:
    """Return the first place at which both have an item, and another one; None where there is none."""
    return next((place for place, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), None)
