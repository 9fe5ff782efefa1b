from __future__ import annotations

from benchmarks.rates import Decision, table


def said(rule: str, seconds: float, level: int, *slower: bool) -> list[Decision]:
    return [Decision(rule=rule, seconds=seconds, level=level, slower=each) for each in slower]


def test_decisions_are_counted_by_rule_time_and_level() -> None:
    found = table(
        "rates",
        [
            *said("a", 5, 0, True, False, False, False),
            *said("a", 5, 3, True, True, False),
            *said("a", 20, 0, False),
            *said("b", 5, 3, True),
        ],
        ["a note"],
    )
    assert found.columns == ("rule", "time", "false alarms", "+3 % found")
    assert found.rows == (
        ("a", "5 s", "25.0 % of 4", "66.7 % of 3"),
        ("a", "20 s", "0.0 % of 1", "-"),
        ("b", "5 s", "-", "100.0 % of 1"),
    )
    assert found.notes == ("a note",)


def test_without_a_decision_there_is_no_row() -> None:
    assert table("rates", []).rows == ()
