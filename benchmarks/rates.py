"""How often a tool cries wolf, and how often it finds a slowdown: decisions counted into a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assay.report.tables.results import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a tool said of a candidate that does `level` percent more work, 0 for none, from `seconds` of readings."""

    rule: str
    seconds: float
    level: int
    slower: bool


def table(title: str, decisions: Iterable[Decision], notes: Sequence[str] = ()) -> Table:
    """A row for each rule and time: false alarms, and slowdowns found, in percent of so many decisions."""
    decisions = tuple(decisions)
    levels = sorted({decision.level for decision in decisions})
    kinds = dict.fromkeys((decision.rule, decision.seconds) for decision in decisions)
    columns = tuple("false alarms" if level == 0 else f"+{level} % found" for level in levels)
    rows = []
    for rule, seconds in kinds:
        own = [decision for decision in decisions if (decision.rule, decision.seconds) == (rule, seconds)]
        cells = (_share([decision.slower for decision in own if decision.level == level]) for level in levels)
        rows.append((rule, f"{seconds:g} s", *cells))
    return Table(
        title=title,
        columns=("rule", "time", *columns),
        rows=tuple(rows),
        numeric=frozenset(("time", *columns)),
        notes=tuple(notes),
    )


def _share(slower: Sequence[bool]) -> str:
    if not slower:
        return "-"
    return f"{100 * sum(slower) / len(slower):.1f} % of {len(slower)}"
