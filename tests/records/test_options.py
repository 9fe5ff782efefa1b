"""Options that are sorted into records."""

from __future__ import annotations

from dataclasses import dataclass

from assay.records.options import take


@dataclass(frozen=True, slots=True, kw_only=True)
class Meal:
    dish: str = "soup"
    salt: float = 0.1


def test_a_record_takes_what_it_has_fields_for_and_leaves_the_rest() -> None:
    options = {"salt": 0.2, "table": 7}
    assert Meal(**take(Meal, options)) == Meal(salt=0.2)
    assert options == {"table": 7}
