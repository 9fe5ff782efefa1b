"""Stored runs beside each other on a terminal: a column for each, the baseline first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.records.verdicts import Change, Comparison, Judgement, Verdict
from assay.report.formats.comparison_text import (
    change_text,
    clean,
    heading,
    letter,
    limits,
    ordered,
    remark,
    split,
    time_text,
    value_text,
    values,
    wall_text,
    whole,
)
from assay.report.tables.results import Table

SAME = "="


def tables_of_runs(comparison: Comparison) -> tuple[Table, ...]:
    """Give which run is which, then the exact changes, then the times and verdicts, group by group."""
    return (_which(comparison), *_changes(comparison), *_verdicts(comparison))


def _which(comparison: Comparison) -> Table:
    rows = [
        (letter(comparison, one.id), *map(clean, (one.name, one.suite, one.started, one.git or "-")))
        for one in comparison.runs
    ]
    return Table(
        title="runs compared; A is the baseline",
        columns=("", "run", "suite", "started", "git"),
        rows=tuple(rows),
        notes=limits(comparison),
        gives_way=("git", "started", "suite"),
    )


def _changes(comparison: Comparison) -> Iterator[Table]:
    """The values of every run for each exact figure that changed in one of them."""
    groups: dict[str, dict[tuple[str, str], dict[str, Change]]] = {}
    for change in comparison.changes:
        group, _, plugin = change.case.rpartition("/")
        groups.setdefault(group, {}).setdefault((plugin, change.metric), {})[change.run] = change
    names = tuple(letter(comparison, one.id) for one in comparison.runs)
    for group, rows in groups.items():
        kind, subject = heading(group)
        yield Table(
            title=f"exact changes: {subject}",
            columns=(kind, "metric", *names),
            rows=tuple(
                (clean(plugin), metric, *_values(comparison, by_run)) for (plugin, metric), by_run in rows.items()
            ),
            numeric=frozenset(names),
        )


def _values(comparison: Comparison, by_run: dict[str, Change]) -> Iterator[str]:
    """The baseline's value, then those of the others; with two runs, as many digits as tell them apart."""
    if len(comparison.runs) == 2:
        yield from map(clean, values(*by_run.values()))
        return
    yield clean(value_text(next(iter(by_run.values())).baseline))
    for one in comparison.runs[1:]:
        yield clean(values(by_run[one.id])[1]) if one.id in by_run else SAME


def _verdicts(comparison: Comparison) -> Iterator[Table]:
    groups: dict[str, dict[str, dict[str, Judgement]]] = {}
    for judgement in ordered(comparison.judgements):
        rows = groups.setdefault(split(judgement.cell)[0], {})
        rows.setdefault(judgement.cell, {})[judgement.run] = judgement
    for group, rows in groups.items():
        kind, subject = heading(group)
        heads = [_heads(comparison, one.id) for one in comparison.runs[1:]]
        yield Table(
            title=subject,
            columns=(kind, letter(comparison, comparison.runs[0].id), *(head for four in heads for head in four)),
            rows=tuple((whole(split(cell)[1]), *_row(comparison, by_run)) for cell, by_run in rows.items()),
            numeric=frozenset(head for first, *others, _ in heads for head in (first, *others)) | {"A"},
            notes=tuple(_notes(comparison, [one for by_run in rows.values() for one in by_run.values()])),
            gives_way=(*(four[1] for four in heads), *(four[0] for four in heads), "A"),
        )


def _heads(comparison: Comparison, run: str) -> tuple[str, str, str, str]:
    """The columns of a candidate: its time, the change of it, the change that is judged, the verdict."""
    name = letter(comparison, run)
    prefix = f"{name} " if len(comparison.runs) > 2 else ""
    return name, f"{prefix}wall", f"{prefix}change", f"{prefix}verdict"


def _row(comparison: Comparison, by_run: dict[str, Judgement]) -> Iterator[str]:
    known = next((one.baseline_s for one in by_run.values() if one.baseline_s is not None), None)
    yield whole(time_text(known))
    for run in comparison.runs[1:]:
        one = by_run.get(run.id)
        if one is None:
            yield from ("-", "-", "-", "-")
        else:
            yield from map(whole, (time_text(one.candidate_s), wall_text(one), change_text(one), one.verdict))


def _notes(comparison: Comparison, judgements: Sequence[Judgement]) -> Iterator[str]:
    """What is said of the cells of a group, once for all of which the same is said; of unchanged ones nothing."""
    said: dict[str, list[str]] = {}
    for judgement in judgements:
        if judgement.verdict is Verdict.UNCHANGED:
            continue
        name = clean(split(judgement.cell)[1])
        which = f"{letter(comparison, judgement.run)} " if len(comparison.runs) > 2 else ""
        if told := remark(judgement):
            said.setdefault(clean(told), []).append(f"{which}{name}")
    yield from (f"{', '.join(names)}: {told}" for told, names in said.items())
