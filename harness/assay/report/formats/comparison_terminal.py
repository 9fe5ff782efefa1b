"""A comparison on a terminal, group by group, and as TSV for a pipe."""

from __future__ import annotations

import itertools
import shutil
import sys
import textwrap
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from assay.records.verdicts import Change, Comparison, Judgement, Verdict
from assay.report.formats.comparison_text import (
    FOUND,
    alike_line,
    candidate,
    change_text,
    found_text,
    heading,
    headline,
    is_striking,
    letter,
    limits,
    ordered,
    remark,
    split,
    time_text,
    unwrapped,
    value_text,
    values,
    wall_text,
)
from assay.report.tables.results import Table, write
from assay.report.text.escape import NO_BREAK, escape_terminal

MOST_NAMED = 10
SAME = "="
STRIKING = "inconclusive, far beyond its margin"
OF_CHANGES = ("case", "metric", "baseline", "candidate")
OF_VERDICTS = (
    *("cell", "verdict", "ratio", "low", "high", "wall_ratio", "clock", "epochs", "p_value", "more_s"),
    "minimum_detectable_effect",
    *("reason", "remedy"),
)
Item = TypeVar("Item", Change, Judgement)


def show(comparison: Comparison) -> None:
    """Write the tables to standard output, and the lines below them to standard error."""
    write(tables_of(comparison, raw=not sys.stdout.isatty()))
    sys.stdout.flush()
    width = shutil.get_terminal_size().columns if sys.stderr.isatty() else sys.maxsize
    for line in lines_of(comparison):
        shown = escape_terminal(line, sys.stderr.encoding)
        lines = textwrap.fill(shown, width, break_long_words=False, break_on_hyphens=False)
        print(lines.replace(NO_BREAK, " "), file=sys.stderr)


def tables_of(comparison: Comparison, *, raw: bool = False) -> tuple[Table, ...]:
    """Return tables of the exact changes, then of the verdicts, the worst first.

    There is a table for each group of cells, since ids of cells are long, with why and what to do below it; or,
    `raw`, for a program, one of exact changes and one of all cells under their ids, with unrounded ratios. Of stored
    runs each has a column, the baseline first.
    """
    if not raw:
        runs = (_runs(comparison),) if comparison.runs else ()
        return (*runs, *_changes(comparison), *_verdicts(comparison))
    of_runs = ("run", "against", "baseline_s", "candidate_s") if comparison.runs else ()
    changes = _raw("exact changes", (*OF_CHANGES, *of_runs[:1]), comparison.changes)
    verdicts = _raw("verdicts", (*OF_VERDICTS, *of_runs), ordered(comparison.judgements))
    return tuple(table for table in (changes, verdicts) if table.rows)


def lines_of(comparison: Comparison) -> tuple[str, ...]:
    """Return the lines below the tables: warnings, what is at fault by id, the noise of this machine, the headline."""
    lines = [f"assay: warning: {warning}" for warning in comparison.warnings]
    cells = ordered(comparison.judgements)
    named = {STRIKING: [one for one in cells if is_striking(one)]}
    for verdict in (Verdict.REGRESSED, Verdict.FAILED, Verdict.MISSING):
        named[verdict] = [one for one in cells if one.verdict is verdict and not one.allowed]
    named["measured on neither side"] = [one for one in cells if one.unmeasured and not one.allowed]
    for word, found in named.items():
        for one in found[:MOST_NAMED]:
            which = candidate(comparison, one.run, ": ")
            why = [change_text(one)] if one.verdict is Verdict.REGRESSED else [remark(one)]
            if word == STRIKING:
                why = [change_text(one), *why, f"{FOUND} {found_text(one)}"]
            lines.append(f"assay: {word}: {which}{one.cell}: {'; '.join(why)}")
        if len(found) > MOST_NAMED:
            lines.append(f"assay: {word}: {len(found) - MOST_NAMED:,} more cells")
    lines += [alike_line(comparison.aa_test)] if comparison.aa_test else []
    return (*lines, headline(comparison))


def _runs(comparison: Comparison) -> Table:
    return Table(
        title="runs compared; A is the baseline",
        columns=("", "run", "suite", "started", "git"),
        rows=tuple(
            (letter(comparison, one.id), one.name, one.suite, one.started, one.git or "-") for one in comparison.runs
        ),
        notes=limits(comparison),
        drop_order=("git", "started", "suite"),
    )


def _changes(comparison: Comparison) -> Iterator[Table]:
    names = tuple(letter(comparison, one.id) for one in comparison.runs) or ("baseline", "candidate")
    for group, changes in _grouped(comparison.changes, lambda one: one.case.rpartition("/")[0]):
        kind, subject = heading(group)
        yield Table(
            title=f"exact changes: {subject}",
            columns=(kind, "metric", *names),
            rows=tuple(
                (row[0].case.rpartition("/")[2], row[0].metric, *_values(comparison, row))
                for row in _rows(comparison, changes, lambda one: (one.case, one.metric))
            ),
            numeric=frozenset(names),
        )


def _values(comparison: Comparison, row: Sequence[Change]) -> Iterator[str]:
    """Yield the baseline's value, then those of the others; of one other, with as many digits as tell them apart."""
    if len(comparison.runs) <= 2:
        yield from values(row[0])
        return
    by_run = {one.run: one for one in row}
    yield value_text(row[0].baseline)
    for run in comparison.runs[1:]:
        yield values(by_run[run.id])[1] if run.id in by_run else SAME


def _verdicts(comparison: Comparison) -> Iterator[Table]:
    for group, judgements in _grouped(ordered(comparison.judgements), lambda one: split(one.cell)[0]):
        kind, subject = heading(group)
        heads = [_heads(comparison, run.id) for run in comparison.runs[1:]]
        columns = ("A", *itertools.chain(*heads)) if heads else ("verdict", "change", FOUND, "wall", "epochs")
        yield Table(
            title=subject,
            columns=(kind, *columns),
            rows=tuple(
                (unwrapped(split(row[0].cell)[1]), *map(unwrapped, _figures(comparison, row)))
                for row in _rows(comparison, judgements, lambda one: one.cell)
            ),
            numeric=frozenset(columns) - {"verdict", *(five[-1] for five in heads)},
            notes=tuple(_notes(comparison, judgements)),
            drop_order=(*(one for place in (1, 3, 0) for five in heads for one in [five[place]]), "A") if heads else (),
        )


def _heads(comparison: Comparison, run: str) -> tuple[str, ...]:
    """Return the columns of a stored run: time, its change, the change that is judged, what it shows, the verdict."""
    prefix = candidate(comparison, run, " ")
    return letter(comparison, run), f"{prefix}wall", f"{prefix}change", f"{prefix}{FOUND}", f"{prefix}verdict"


def _figures(comparison: Comparison, row: Sequence[Judgement]) -> Iterator[str]:
    if not comparison.runs:
        cell = row[0]
        yield from (cell.verdict, change_text(cell), found_text(cell), wall_text(cell), str(cell.epochs))
        return
    by_run = {one.run: one for one in row}
    yield time_text(next((one.baseline_s for one in row if one.baseline_s is not None), None))
    for run in comparison.runs[1:]:
        one = by_run.get(run.id)
        yield from (
            ("-",) * 5
            if one is None
            else (
                time_text(one.candidate_s),
                wall_text(one),
                change_text(one),
                found_text(one),
                one.verdict,
            )
        )


def _notes(comparison: Comparison, judgements: Sequence[Judgement]) -> Iterator[str]:
    """Yield the remarks on the cells of a group, each once; of stored runs without those on unchanged cells."""
    names: dict[str, list[str]] = {}
    for one in judgements:
        note = remark(one)
        if note and not (comparison.runs and one.verdict is Verdict.UNCHANGED):
            names.setdefault(note, []).append(f"{candidate(comparison, one.run, ' ')}{split(one.cell)[1]}")
    yield from (f"{', '.join(those)}: {note}" for note, those in names.items())
    by_wall = [split(one.cell)[1] for one in judgements if one.clock == "wall" and not comparison.runs]
    if by_wall:
        yield f"judged by wall time: {', '.join(by_wall)}"


def _grouped(items: Iterable[Item], group: Callable[[Item], str]) -> Iterable[tuple[str, list[Item]]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(group(item), []).append(item)
    return groups.items()


def _rows(comparison: Comparison, items: Sequence[Item], key: Callable[[Item], Hashable]) -> Iterable[list[Item]]:
    """Bring together what stored runs have of the same; of a check each item is a row of its own."""
    rows: dict[Hashable, list[Item]] = {}
    for place, item in enumerate(items):
        rows.setdefault(key(item) if comparison.runs else place, []).append(item)
    return rows.values()


def _raw(title: str, names: tuple[str, ...], items: Sequence[Change | Judgement]) -> Table:
    cells = ((getattr(item, name) for name in names) for item in items)
    rows = tuple(tuple("" if value is None else str(value) for value in row) for row in cells)
    return Table(title=title, columns=names, rows=rows)
