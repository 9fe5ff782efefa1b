"""The short table of a run: for each row its name, what matters most with its ±, and why it has nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assay.records.results import AttentionCase, Measurement, Status
from assay.report.tables.answers import groups, ratio_of, step_time, wins
from assay.report.tables.columns import marked, relative_uncertainty, shown
from assay.report.tables.group_words import group_words
from assay.report.tables.results import is_approximate
from assay.report.text.significant_digits import below_all, figure, spread

UP, DOWN = "↑", "↓"  # which way is better
WIDE = 0.5  # an interval this wide is not alike to both sides: its ends are written


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortRow:
    """A row: its name, tags beside it, figures, which of these are best (by index), and the reason below it."""

    name: str
    cells: tuple[str, ...]
    tags: tuple[str, ...] = ()
    best: frozenset[int] = frozenset()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortTable:
    """A few columns for a small place. The first column is the names; those in `words` are not set to the right."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[ShortRow, ...]
    notes: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()


def short_tables(measurements: Sequence[Measurement]) -> tuple[ShortTable, ...]:
    """Return a table for each group of comparable rows; what is not applicable and edge cases are left out."""
    return tuple(map(_table, groups(measurements).values()))


def _table(rows: Sequence[Measurement]) -> ShortTable:
    attention = isinstance(rows[0].case, AttentionCase)
    baseline = next((name for row in rows if isinstance(name := row.value("baseline"), str)), None)
    against = f"time vs {baseline} {DOWN}" if baseline else f"time vs baseline {DOWN}"
    named: tuple[str, ...] = ("attention", f"time {DOWN}", against, f"error vs plain formula {DOWN}")
    if not attention:
        named = ("tokenizer", f"tokens {DOWN}", f"bytes per token {UP}", f"encode MB/s {UP}", against)
    best: dict[str, set[int]] = {}
    for win in wins(rows):
        of_tokens = win.question.startswith("fewest")
        for row in win.rows:
            best.setdefault(row.case.plugin, set()).update((0, 1) if attention or of_tokens else (2, 3))
    return ShortTable(
        title=group_words(rows[0].case),
        columns=named,
        rows=tuple(
            ShortRow(
                name=row.case.plugin,
                cells=_attention(row) if attention else _tokenizer(row),
                tags=tuple(_tags(row, baseline)),
                best=frozenset(best.get(row.case.plugin, ())),
                reason=_reason(row),
            )
            for row in rows
        ),
    )


def _tokenizer(row: Measurement) -> tuple[str, ...]:
    tokens, text = shown(row, "tokens", formatter=lambda value, _: f"{value:,.0f}"), "-"
    if isinstance(value := row.value("bytes_per_token"), float):
        text = marked(row, "bytes_per_token", f"{value:,.2f}")
    return tokens, text, _with_spread(row, "encode_mb_per_s", shown(row, "encode_mb_per_s")), _ratio(row, "encode")


def _attention(row: Measurement) -> tuple[str, ...]:
    error, plain = row.value("error"), row.value("naive_error")
    share = figure(error / plain) if isinstance(error, float) and isinstance(plain, float) and plain else "-"
    return _with_spread(row, "step_seconds", step_time(row)), _ratio(row, "step"), share


def _with_spread(row: Measurement, metric: str, text: str) -> str:
    wide = relative_uncertainty(row, metric)
    return text if wide is None or text == "-" else f"{text} {spread(wide)}"


def _ratio(row: Measurement, operation: str) -> str:
    found = ratio_of(row, operation)
    if found is None:
        return "-"
    value, low, high = found
    if low == high:
        return figure(value)
    wide = (high - low) / 2 / value
    if wide > WIDE:
        return f"{figure(value, wide)} ({figure(low, wide)} to {figure(high, wide)})"
    return f"{figure(value, wide)} {spread(wide)}"


def _tags(row: Measurement, baseline: str | None) -> Iterator[str]:
    if row.case.plugin == baseline:
        yield "baseline"
    if row.loses_text:
        back = row.value("characters_back")
        yield f"loses text, {below_all(back)} back" if isinstance(back, float) and back < 1 else "loses text"
    if row.status is Status.OK and not row.loses_text and row.value("tokens") and row.value("round_trip") is None:
        yield "not checked for loss"
    if is_approximate(row):
        yield "approximates"
    if row.status is not Status.OK:
        yield "expected failure" if row.expected else row.status.value
    if row.value("overhead_bound"):
        yield "too short to compare"
    if row.value("busy"):
        yield "busy"


def _reason(row: Measurement) -> str:
    """Return why a row has no figures, and what to do."""
    return f"{row.reason or ''}{f' ({row.remedy})' if row.remedy else ''}"
