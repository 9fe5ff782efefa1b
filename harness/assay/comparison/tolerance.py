"""Budgets: how much a cell may change, by patterns of its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from assay.errors import AssayError
from assay.records.verdicts import Tolerance

FORM = "write '5%', 0.05, or { effect = '2%', margin = '4%' }"


@dataclass(frozen=True, slots=True)
class Budgets:
    """Tolerances by pattern, in the order in which they were written; the last one that matches is taken."""

    rules: tuple[tuple[str, Tolerance], ...] = ()
    default: Tolerance = field(default_factory=Tolerance)

    def of(self, cell_id: str) -> Tolerance:
        """Return the tolerance of a cell, such as `tokenizer/the-verdict/all/regex-unk/encode`.

        A pattern is one of `fnmatch`, compared with the whole id, case and all: `*` crosses slashes, so `*/regex*`
        means every plugin whose name begins with regex, and everything below such a group.
        """
        return next((found for pattern, found in reversed(self.rules) if fnmatchcase(cell_id, pattern)), self.default)


def tolerances(settings: Mapping[str, object], default: Tolerance | None = None) -> Budgets:
    """Read a table such as `[tool.assay.budget]`: patterns of cells, and what may change there.

    `"5%"` or 0.05 is the minimum effect, and the equivalence margin is then the default one or the same, whichever is
    larger; a table sets `effect`, `margin` or both. Raises `AssayError` for an effect outside 0 to 1, a margin of 0 or
    of 1 and more, and a margin under the effect.
    """
    usual = Tolerance() if default is None else default
    return Budgets(tuple((pattern, _tolerance(pattern, value, usual)) for pattern, value in settings.items()), usual)


def _tolerance(pattern: str, value: object, default: Tolerance) -> Tolerance:
    table = value if isinstance(value, Mapping) else {"effect": value}
    unknown = sorted(str(key) for key in table if key not in ("effect", "margin"))
    if unknown or not table:
        found = f"sets {unknown[0]!r}" if unknown else "is empty"
        raise AssayError(f"the budget of {pattern!r} {found}; a budget has an effect and a margin", remedy=FORM)
    effect = _share(pattern, "effect", table["effect"]) if "effect" in table else default.minimum_effect
    usual = max(effect, default.equivalence_margin)
    margin = _share(pattern, "margin", table["margin"]) if "margin" in table else usual
    if margin == 0.0:
        raise AssayError(f"the budget of {pattern!r} has a margin of nothing, within which no interval fits")
    if margin < effect:
        raise AssayError(f"the budget of {pattern!r} has a margin of {margin:.3g} under its effect of {effect:.3g}")
    return Tolerance(minimum_effect=effect, equivalence_margin=margin)


def _share(pattern: str, name: str, value: object) -> float:
    try:
        share = read_percent(value)
    except ValueError:
        share = -1.0
    if not 0.0 <= share < 1.0:
        raise AssayError(f"the budget of {pattern!r} has the {name} {value!r}, not a share from 0 to 1", remedy=FORM)
    return share


def read_percent(value: object) -> float:
    """Read `25%`, `0.25` or a number as a finite share; raise `ValueError` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{value!r} is not a share")
    text = str(value).strip()
    number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not abs(number) < float("inf"):
        raise ValueError(f"{value!r} is not a share")
    return number
