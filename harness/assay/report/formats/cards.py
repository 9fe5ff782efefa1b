"""What a notebook shows of a run, a comparison, a history or data frames, whatever draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay.records.report_data import History
from assay.records.results import AttentionCase, Outcome, TokenizerCase
from assay.records.verdicts import Comparison, Verdict
from assay.report.formats.comparison_text import alike_line, change_text, headline, limits, ordered, remark, values
from assay.report.formats.history import BLOCKS, tables_of
from assay.report.tables.answers import Trust, answers, trust
from assay.report.tables.short_table import ShortRow, ShortTable, short_tables
from assay.store.dataframes import Frames

GOOD, BAD = (Verdict.IMPROVED, Verdict.UNCHANGED), (Verdict.REGRESSED, Verdict.FAILED, Verdict.MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A title and facts about it, the answers, one line on trust, short tables, and how to get more."""

    title: str
    facts: str
    answers: tuple[str, ...]
    trust: Trust | None
    tables: tuple[ShortTable, ...]
    more: str


def card_of(shown: object) -> Card:
    """Return the card of what is shown; raise TypeError for what has none."""
    if isinstance(shown, Outcome):
        return of_run(shown)
    if isinstance(shown, Comparison):
        return of_comparison(shown)
    if isinstance(shown, History):
        return of_history(shown)
    if isinstance(shown, Frames):
        return of_frames(shown)
    raise TypeError(f"nothing is known of how to show a {type(shown).__name__}")


def of_run(outcome: Outcome) -> Card:
    """Return the card of a run."""
    return Card(
        title=subject(outcome),
        facts=_facts(outcome),
        answers=answers(outcome.measurements),
        trust=trust(outcome),
        tables=short_tables(outcome.measurements),
        more="More: .frame is a DataFrame, .plot() a chart, .measurements has every figure",
    )


def of_comparison(comparison: Comparison) -> Card:
    """Return the card of a comparison: exact figures that changed, then the verdicts, the worst first."""
    judgements = ordered(comparison.judgements)
    verdicts = {one.verdict for one in judgements}
    bad = bool(comparison.changes) or any(verdict in verdicts for verdict in BAD)
    good = bool(verdicts) and all(verdict in GOOD for verdict in verdicts)
    changed = ShortTable(
        title="exact figures that changed",
        columns=("case", "metric", "before", "now"),
        rows=tuple(ShortRow(name=one.case, cells=(one.metric, *values(one))) for one in comparison.changes),
        words=frozenset(("metric",)),
    )
    judged = ShortTable(
        title="time, the worst first",
        columns=("cell", "verdict", "change (95 % interval)"),
        rows=tuple(
            ShortRow(
                name=one.cell,
                cells=(one.verdict.value, change_text(one)),
                best=frozenset((0,) if one.verdict in (*BAD, Verdict.IMPROVED) else ()),
                reason=remark(one),
            )
            for one in judgements
        ),
        words=frozenset(("verdict",)),
        notes=(*comparison.warnings, *limits(comparison)),
    )
    return Card(
        title=f"{comparison.candidate} against {comparison.baseline}",
        facts=" · ".join(filter(None, (f"suite {comparison.suite}", comparison.started[:16].replace("T", " ")))),
        answers=(headline(comparison),),
        trust=Trust(level="bad" if bad else "good" if good else "warn", text=_noise_of(comparison)),
        tables=tuple(table for table in (changed, judged) if table.rows),
        more="More: .judgements and .changes have every figure, .plot() draws the changes",
    )


def _noise_of(comparison: Comparison) -> str:
    """Return how small a change is noise: of a check by its A/A test, of stored runs by what is told between them."""
    within = sorted({one.tolerance.minimum_effect for one in comparison.judgements if one.against is not None})
    warnings = _counted(len(comparison.warnings), "warning") if comparison.warnings else ""
    parts = (
        alike_line(comparison.aa_test) if comparison.aa_test else "",
        f"runs of two sessions: changes within {' or '.join(f'±{share:.0%}' for share in within)} are noise"
        if comparison.runs and within
        else "",
        warnings,
    )
    return "; ".join(filter(None, parts))


def of_history(history: History) -> Card:
    """Return the card of a history: each series as a small drawing, and its steps."""
    steps = sum(len(one.marks) for one in history.series)
    runs = {point.run for one in history.series for point in one.points}
    return Card(
        title=f"History of {history.metric}",
        facts=f"{_counted(len(history.series), 'series', 'series')} over {_counted(len(runs), 'run')}",
        answers=(f"{_counted(steps, 'lasting change')} found" if steps else "no lasting change found",),
        trust=None,
        tables=tuple(
            ShortTable(
                title=table.title,
                columns=table.columns,
                rows=tuple(ShortRow(name=row[0], cells=row[1:]) for row in table.rows),
                notes=table.notes,
                words=frozenset(table.columns) - table.numeric,
            )
            for table in tables_of(history.series, BLOCKS)
        ),
        more="More: .series has every value, .plot() draws them",
    )


def of_frames(frames: Frames) -> Card:
    """Return the card of data frames: what each of them holds, and the answers of the newest run."""
    newest = frames.outcomes[-1] if frames.outcomes else None
    held = (
        ("runs", "one row for each run: machine, versions, load, noise"),
        ("tokenizers", "one row for each tokenizer and text, a column for each metric"),
        ("attentions", "one row for each attention and workload, a column for each metric"),
        ("tidy", "one row for each figure"),
        ("samples", "one row for each raw timed sample"),
    )
    return Card(
        title=f"Results of {_counted(len(frames.runs), 'run')}",
        facts="" if newest is None else f"newest: {subject(newest)} · {_facts(newest)}",
        answers=() if newest is None else answers(newest.measurements),
        trust=None if newest is None else trust(newest),
        tables=(
            ShortTable(
                title="DataFrames",
                columns=("name", "rows", "columns", "what it has"),
                rows=tuple(
                    ShortRow(name=f".{name}", cells=(f"{len(frame):,}", f"{len(frame.columns):,}", words))
                    for name, words in held
                    for frame in (getattr(frames, name),)
                ),
                words=frozenset(("what it has",)),
            ),
        ),
        more="More: .plot() draws the newest run",
    )


def subject(outcome: Outcome) -> str:
    """Return what a run compared: `2 tokenizers on the-verdict`."""
    rows = [row.case for row in outcome.measurements]
    tokenizers = {case.tokenizer for case in rows if isinstance(case, TokenizerCase)}
    attentions = {case.attention for case in rows if isinstance(case, AttentionCase)}
    texts = list(dict.fromkeys(case.corpus for case in rows if isinstance(case, TokenizerCase) and not case.edge_case))
    parts = [_counted(len(tokenizers), "tokenizer")] if tokenizers else []
    parts += [_counted(len(attentions), "attention implementation")] if attentions else []
    where = f" on {texts[0]}" if len(texts) == 1 else f" on {len(texts):,} texts" if texts else ""
    return (" and ".join(parts) or "Nothing measured") + where


def _facts(outcome: Outcome) -> str:
    environment, run = outcome.run.environment, outcome.run
    machine = [environment[name] for name in ("processor", "gpu") if name in environment]
    versions = [
        environment.get("python", ""),
        *(f"{name} {environment[name]}" for name in ("torch", "assay") if name in environment),
    ]
    state = "" if run.state == "complete" else run.state
    return " · ".join(filter(None, (*machine, *versions, run.started[:16].replace("T", " "), f"run {run.id}", state)))


def _counted(count: int, noun: str, several: str = "") -> str:
    return f"{count:,} {noun if count == 1 else several or f'{noun}s'}"


def kept(tables: Sequence[ShortTable], most: int) -> tuple[tuple[ShortTable, ...], int]:
    """Return as many tables as have at most so many rows together, the last one perhaps cut, and the rows left out."""
    found: list[ShortTable] = []
    room = most
    for table in tables:
        if room > 0:
            found.append(table if len(table.rows) <= room else replace(table, rows=table.rows[:room], notes=()))
        room -= len(table.rows)
    return tuple(found), max(0, -room)
