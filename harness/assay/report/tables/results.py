"""Measurements as tables, and where tables go: drawn on a terminal, as TSV into a pipe, or as Markdown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Literal, TextIO

from assay.corpus.sampling import taken
from assay.records.results import AttentionCase, Measurement, Status, TokenizerCase
from assay.report.tables.columns import BUSY, Column, columns_of, drop_order, loss_notes, status_cell
from assay.report.text.escape import escape_markdown, to_ascii
from assay.report.text.significant_digits import below_all
from assay.report.text.table import Table as Table
from assay.report.text.table import as_markdown as as_markdown
from assay.report.text.table import as_tsv

Shape = Literal["table", "tsv", "markdown"]
Chosen = Callable[[Sequence[Measurement]], Sequence[Column]]
HINT = "`assay show --columns` chooses"


def result_tables(measurements: Sequence[Measurement], chosen: Chosen | None = None) -> tuple[Table, ...]:
    """Return a table for each group of rows that may be compared, of the usual columns or of those `chosen` for it.

    Combinations that a plugin does not offer are named in a note; they are rows in JSON and in the store. Limits
    have a table of their own, see `assay.report.tables.summaries`, unless columns are chosen. So have attentions that
    only approximate.
    """
    tables = []
    rows = [row for row in measurements if chosen is not None or not is_limit(row)]
    places = {group: place for place, group in enumerate(dict.fromkeys(row.case.group for row in rows))}
    rows.sort(key=lambda row: (places[row.case.group], is_approximate(row)))
    for (group, approximate), grouped in groupby(rows, key=lambda row: (row.case.group, is_approximate(row))):
        members = list(grouped)
        offered = [row for row in members if row.status is not Status.UNSUPPORTED]
        absent = [row.case.plugin for row in members if row.status is Status.UNSUPPORTED]
        columns = (columns_of if chosen is None else chosen)(members)
        kind, _, subject = group.partition("/")
        told = (read_from(offered), held_out(offered), taken(offered), counted(offered), *map(_note, offered))
        notes = [note for note in told if note]
        notes += loss_notes(offered, columns)
        notes += [f"{row.case.plugin} approximates: {row.value('approximate')}" for row in offered if approximate]
        tables.append(
            Table(
                title=f"{kind}: {subject}{', approximate' if approximate else ''}",
                columns=(kind, *(column.title for column in columns), "status"),
                rows=tuple(
                    (row.case.plugin, *(column.cell(row) for column in columns), status_cell(row)) for row in offered
                ),
                numeric=frozenset(column.title for column in columns if column.numeric),
                notes=(*notes, f"not offered by {', '.join(absent)}") if absent else tuple(notes),
                drop_order=drop_order(columns) if chosen is None else tuple(one.title for one in reversed(columns)),
                hint=HINT,
            )
        )
    return tuple(tables)


def is_approximate(row: Measurement) -> bool:
    """Whether a row is of an attention that announces to approximate, so that it stands apart from exact ones."""
    return row.value("approximate") is not None


def raw_tables(measurements: Sequence[Measurement], chosen: Chosen | None = None) -> tuple[Table, ...]:
    """Return one table for tokenizers and one for attention, of unrounded figures under the names of the metrics."""
    tables = []
    for kind, case in (("tokenizer", TokenizerCase), ("attention", AttentionCase)):
        rows = [row for row in measurements if isinstance(row.case, case) and row.status is not Status.UNSUPPORTED]
        if rows:
            found = (columns_of if chosen is None else chosen)(rows)
            columns = [one for column in found for one in (column, column.beside) if one is not None]
            tables.append(
                Table(
                    title=kind,
                    columns=("group", kind, *(column.metric for column in columns), "status", BUSY, "reason"),
                    rows=tuple(
                        (
                            row.case.group.partition("/")[2],
                            row.case.plugin,
                            *(column.raw(row) for column in columns),
                            row.status.value,
                            "" if (busy := row.value(BUSY)) is None else str(busy),
                            row.reason or "",
                        )
                        for row in rows
                    ),
                )
            )
    return tuple(tables)


def write(
    tables: Iterable[Table], stream: TextIO | None = None, shape: Shape | None = None, warnings: Sequence[str] = ()
) -> None:
    """Write tables to a stream, standard output for None: drawn on a terminal, as TSV elsewhere, or in one shape.

    The warnings stand above the tables, except in TSV.
    """
    stream = sys.stdout if stream is None else stream
    shape = shape or shape_for(stream)
    if shape == "table":
        from assay.report.text.terminal_table import draw_all, draw_text

        for warning in warnings:
            draw_text(warning, stream)
        draw_all(tables, stream)
        return
    written = as_tsv if shape == "tsv" else as_markdown
    above = [f"{escape_markdown(warning)}\n" for warning in warnings] if shape == "markdown" else []
    parts = (*above, *(written(table) for table in tables if table.rows))
    stream.write(to_ascii("\n".join(parts), stream.encoding))


def shape_for(stream: TextIO) -> Shape:
    """Return the shape in which tables go to a stream of which nothing else was said."""
    return "table" if stream.isatty() else "tsv"


def counted(rows: Sequence[Measurement]) -> str | None:
    """Return by whom and where shards were counted, and how many were known from before; None for other rows."""
    first = next((row for row in rows if row.value("counted_by") is not None), None)
    if first is None:
        return None
    kept = {row.case.plugin: int(row.value("shards_kept") or 0) for row in rows}
    known = ", ".join(f"{name} {count:,}" for name, count in kept.items() if count)
    return (
        f"{first.value('shards'):,} shards, {float(first.value('shard_bytes') or 0) / 1e6:,.1f} MB as they lie there,"
        f" counted and not timed, by {first.value('counted_by')} on {first.value('counted_on')}"
        f"{f'; kept from before: {known}' if known else ''}"
    )


def read_from(rows: Sequence[Measurement]) -> str | None:
    """Return what is to be known of the user's files of a group of rows; None for other rows."""
    told = next((row.value("corpus_notes") for row in rows if row.value("corpus_notes") is not None), None)
    return None if told is None else f"the corpus: {told}"


def held_out(rows: Sequence[Measurement]) -> str | None:
    """Return which share of the bytes was held out, where it is another than the one that was asked for."""
    share = next((row.value("held_out_share") for row in rows if row.value("held_out_share") is not None), None)
    case = rows[0].case if rows else None
    if share is None or not isinstance(case, TokenizerCase):
        return None
    asked, true = f"{case.held_out * 100:.2g}", f"{float(share) * 100:.2g}"
    return None if asked == true else f"held out: {true} % of the bytes, where {asked} % was asked for"


def is_limit(row: Measurement) -> bool:
    """Return whether a row is of an edge case, which is tried and never timed."""
    return isinstance(row.case, TokenizerCase) and row.case.edge_case


def _note(row: Measurement) -> str | None:
    if row.status is Status.OK:
        difference = row.value("round_trip_difference")
        notes = [f"not exact, {difference}{_after_normalization(row)}"] if difference else []
        notes += [row.reason] if row.reason else []
        return f"{row.case.plugin}: {'; '.join(notes)}" if notes else None
    announced = ", as its plugin announces" if row.expected else ""
    remedy = f" ({row.remedy})" if row.remedy else ""
    return f"{row.case.plugin}: {row.status}{announced}: {row.reason}{remedy}"


def _after_normalization(row: Measurement) -> str:
    """Return how much of the text comes back after the normalization that the plugin declares."""
    steps, back = row.value("normalization"), row.value("characters_back_normalized")
    if steps is None or not isinstance(back, int | float):
        return ""
    return f"; after {steps}, {'all of it' if back == 1 else below_all(back)} comes back"
