"""Names that look like one that nothing has."""

from __future__ import annotations

from collections.abc import Iterable


def near_names(name: str, known: Iterable[str], *, most: int = 3, cutoff: float = 0.6) -> list[str]:
    """Return the known names that look most like this one, the nearest first."""
    import difflib

    return difflib.get_close_matches(name, list(known), n=most, cutoff=cutoff)


def did_you_mean(near: Iterable[str], otherwise: str = "") -> str:
    """Return the question whether one of these names was meant, or `otherwise` where there are none."""
    names = " or ".join(near)
    return f"did you mean {names}?" if names else otherwise
