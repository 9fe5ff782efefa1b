"""A comparison on a terminal, and as TSV for a pipe."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

from assay.records.results import Value
from assay.records.verdicts import Change, Comparison, Judgement, Verdict
from assay.report.formats.comparison_runs import tables_of_runs
from assay.report.formats.comparison_text import (
    alike_line,
    change_text,
    clean,
    heading,
    headline,
    letter,
    ordered,
    remark,
    split,
    values,
    wall_text,
    whole,
)
from assay.report.tables.results import Table, write
from assay.report.text.safe_text import visible

MOST_NAMED = 10


def show(comparison: Comparison) -> None:
    """Write the tables to standard output, and what is to be said of them to standard error."""
    write(tables_of(comparison, raw=not sys.stdout.isatty()))
    sys.stdout.flush()
    width = shutil.get_terminal_size().columns if sys.stderr.isatty() else sys.maxsize
    for line in lines_of(comparison):
        shown = visible(line, sys.stderr.encoding)
        print(textwrap.fill(shown, width, break_long_words=False, break_on_hyphens=False), file=sys.stderr)


def tables_of(comparison: Comparison, *, raw: bool = False) -> tuple[Table, ...]:
    """Give the exact changes first, then the verdicts, the worst first.

    There is a table for each group of cells, since ids of cells are long, with why and what to do below it; or,
    `raw`, for a program, one of exact changes and one of all cells under their ids, with unrounded ratios. Of stored
    runs each has a column.
    """
    if raw:
        return tuple(table for table in (_raw_changes(comparison), _raw_verdicts(comparison)) if table.rows)
    if comparison.runs:
        return tables_of_runs(comparison)
    return (*_changes(comparison.changes), *_verdicts(ordered(comparison.judgements)))


def lines_of(comparison: Comparison) -> tuple[str, ...]:
    """Give the lines below the tables: warnings, what is at fault by id, the noise of this machine, the headline."""
    lines = [f"assay: warning: {clean(warning)}" for warning in comparison.warnings]
    for verdict in (Verdict.REGRESSED, Verdict.FAILED):
        found = [one for one in ordered(comparison.judgements) if one.verdict is verdict]
        for one in found[:MOST_NAMED]:
            said = change_text(one) if verdict is Verdict.REGRESSED else remark(one)
            which = f"{letter(comparison, one.run)}: " if len(comparison.runs) > 2 else ""
            lines.append(clean(f"assay: {verdict}: {which}{one.cell}: {said}"))
        if len(found) > MOST_NAMED:
            lines.append(f"assay: {verdict}: {len(found) - MOST_NAMED:,} more cells")
    lines += [alike_line(comparison.aa_test)] if comparison.aa_test else []
    return (*lines, headline(comparison))


def _changes(changes: Sequence[Change]) -> Iterator[Table]:
    groups: dict[str, list[tuple[str, ...]]] = {}
    for change in changes:
        group, _, plugin = change.case.rpartition("/")
        groups.setdefault(group, []).append((clean(plugin), change.metric, *map(clean, values(change))))
    for group, rows in groups.items():
        kind, subject = heading(group)
        yield Table(
            title=f"exact changes: {subject}",
            columns=(kind, "metric", "baseline", "candidate"),
            rows=tuple(rows),
            numeric=frozenset(("baseline", "candidate")),
        )


def _verdicts(judgements: Sequence[Judgement]) -> Iterator[Table]:
    groups: dict[str, list[Judgement]] = {}
    for judgement in judgements:
        groups.setdefault(split(judgement.cell)[0], []).append(judgement)
    for group, found in groups.items():
        kind, subject = heading(group)
        yield Table(
            title=subject,
            columns=(kind, "verdict", "change", "wall", "epochs"),
            rows=tuple(
                (
                    whole(split(one.cell)[1]),
                    whole(one.verdict),
                    whole(change_text(one)),
                    whole(wall_text(one)),
                    str(one.epochs),
                )
                for one in found
            ),
            numeric=frozenset(("change", "wall", "epochs")),
            notes=tuple(_notes(found)),
        )


def _notes(judgements: Sequence[Judgement]) -> Iterator[str]:
    """What is said of the cells of a group, once for all of which the same is said."""
    said: dict[str, list[str]] = {}
    for judgement in judgements:
        if told := remark(judgement):
            said.setdefault(clean(told), []).append(clean(split(judgement.cell)[1]))
    by_wall = [clean(split(one.cell)[1]) for one in judgements if one.clock == "wall"]
    yield from (f"{', '.join(names)}: {told}" for told, names in said.items())
    if by_wall:
        yield f"judged by wall time: {', '.join(by_wall)}"


def _raw_changes(comparison: Comparison) -> Table:
    names = ("case", "metric", "baseline", "candidate", *(("run",) if comparison.runs else ()))
    rows = tuple(tuple(_cell(getattr(one, name)) for name in names) for one in comparison.changes)
    return Table(title="exact changes", columns=names, rows=rows)


def _raw_verdicts(comparison: Comparison) -> Table:
    names = ("cell", "verdict", "ratio", "low", "high", "wall_ratio", "clock", "epochs", "p_value", "more_s")
    told = ("reason", "remedy", *(("run", "against", "baseline_s", "candidate_s") if comparison.runs else ()))
    found = ordered(comparison.judgements)
    rows = tuple(tuple(_cell(getattr(one, name)) for name in (*names, *told)) for one in found)
    return Table(title="verdicts", columns=(*names, *told), rows=rows)


def _cell(value: Value | None) -> str:
    return "" if value is None else str(value)
