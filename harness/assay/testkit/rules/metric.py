"""What a metric must be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from assay.plugins.types import MetricPlugin, Tokenized
from assay.records.results import Measurement, Value
from assay.testkit.context import Context
from assay.testkit.examples import Letters, rows, tokenized
from assay.testkit.registry import Check
from assay.testkit.result import ConformanceError, Skip

Answers = dict[str, Value | None]


def answers(plugin: MetricPlugin, context: Context) -> str:
    """For documents with their ids, and for measured rows, it answers a finite number, a text or None."""
    found = _answers(plugin, tokenized(), rows())
    if not found:
        raise ConformanceError("it computes nothing", remedy="give of_tokens, of_row, or both")
    for what, value in found.items():
        answer: object = value
        if answer is not None and not isinstance(answer, int | float | str):
            raise ConformanceError(
                f"for {what} it answers {type(answer).__name__}", remedy="answer a number, a text, or None"
            )
        if isinstance(answer, float) and not math.isfinite(answer):
            raise ConformanceError(f"for {what} it answers {answer}", remedy="answer None where it has no meaning")
    return "; ".join(f"{_short(value)} for {what}" for what, value in found.items())


def deterministic(plugin: MetricPlugin, context: Context) -> str:
    """An exact metric answers the same for the same row."""
    if not plugin.exact:
        raise Skip("it is announced with exact=False")
    first, second = _answers(plugin, tokenized(), rows()), _answers(plugin, tokenized(), rows())
    what = next((what for what in first if first[what] != second[what]), None)
    if what is not None:
        raise ConformanceError(
            f"for {what} it answers {first[what]!r}, and then {second[what]!r}",
            remedy="compute it from what it is given alone, or announce it with exact=False",
        )
    return f"{len(first)} answers twice"


def unit(plugin: MetricPlugin, context: Context) -> str:
    """Its unit is stated: text for words, and for numbers what one of them is."""
    if not plugin.unit.strip():
        raise ConformanceError("its unit is empty", remedy="say what a single number is, such as bytes, or ratio")
    for what, value in _answers(plugin, tokenized(), rows()).items():
        if value is not None and isinstance(value, str) != (plugin.unit == "text"):
            raise ConformanceError(
                f"its unit is {plugin.unit!r}, and for {what} it answers {value!r}",
                remedy="the unit of words is text, and of nothing else",
            )
    return plugin.unit


def inputs_kept(plugin: MetricPlugin, context: Context) -> None:
    """The ids that it is given are left as they are."""
    given, fresh = tokenized(), tokenized()
    _answers(plugin, given, ())
    changed = next((one for one, kept in zip(given, fresh, strict=True) if list(one.ids) != list(kept.ids)), None)
    if changed is not None:
        raise ConformanceError(f"it changes the ids of {changed.text!r}", remedy="work on a copy")


def _answers(plugin: MetricPlugin, documents: Sequence[Tokenized], measured: Sequence[Measurement]) -> Answers:
    found: Answers = {}
    if plugin.of_tokens is not None:
        found["two lines as code points"] = plugin.of_tokens(documents, Letters())
    of_row: Callable[[Measurement], Value | None] | None = plugin.of_row
    if of_row is not None:
        done = (row for row in measured if row.status == "ok")
        found |= {f"the row {row.case.id}": of_row(row) for row in done}
    return found


def _short(value: Value | None) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


CHECKS = (Check.of(answers, "ready"), *Check.all_of((deterministic, unit, inputs_kept), "answers"))
