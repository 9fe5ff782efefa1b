"""Ids as a tokenizer gives them: copied, and compared."""

from __future__ import annotations

import operator
from collections.abc import Sequence

from assay.errors import WrongOutput


def as_ints(ids: Sequence[int]) -> list[int]:
    """Copy ids to a list of int; raise `WrongOutput` for what is not an integer."""
    try:
        return list(map(operator.index, ids))
    except TypeError:
        raise WrongOutput(f"encode gives {type(ids).__name__} whose items are not all integers") from None


def first_difference(ours: Sequence[object], theirs: Sequence[object]) -> int | None:
    """Return the first place at which both have an item, and another one; None where there is none."""
    return next((place for place, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), None)
