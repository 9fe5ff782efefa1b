"""A share as people write it."""

from __future__ import annotations


def share(value: object) -> float:
    """Read `25%`, `0.25` or a number as a finite share; raise `ValueError` for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{value!r} is no share")
    text = str(value).strip()
    number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not abs(number) < float("inf"):
        raise ValueError(f"{value!r} is no share")
    return number
