"""Measurements as tables: for a terminal, as TSV for a pipe, as Markdown for a page."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, TextIO

from assay.records import AttentionCase, Measurement, Status, TokenizerCase
from assay.sampling import taken

if TYPE_CHECKING:
    from rich.table import Table as RichTable
    from rich.text import Text


NO_BREAK = "\u00a0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of text. `numeric` columns are set to the right; `notes` stand below, except in TSV."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a result table: a metric, how a person reads it (`form`), and one that stands beside it."""

    title: str
    metric: str
    form: Callable[[float], str]
    numeric: bool = True
    beside: Column | None = None

    def cell(self, row: Measurement) -> str:
        """Give the figure for a person; a dash where the row has none."""
        value = row.value(self.metric)
        if value is None or isinstance(value, str):
            return "-"
        return self.form(value) if self.beside is None else f"{self.form(value)}{NO_BREAK}{self.beside.cell(row)}"

    def raw(self, row: Measurement) -> str:
        """Give the figure for a program; nothing where the row has none."""
        value = row.value(self.metric)
        return "" if value is None else str(value)


def result_tables(measurements: Sequence[Measurement]) -> tuple[Table, ...]:
    """One table for each group of rows that may be compared.

    Combinations that a plugin does not offer are named in a note; they are rows in JSON and in the store. Limits
    have a table of their own, see `assay.findings`.
    """
    tables = []
    for group, members in _groups(row for row in measurements if not is_limit(row)):
        offered = [row for row in members if row.status is not Status.UNSUPPORTED]
        absent = [row.case.plugin for row in members if row.status is Status.UNSUPPORTED]
        columns = _columns(members[0])
        kind, _, subject = group.partition("/")
        notes = [note for note in (taken(offered), *map(_note, offered)) if note]
        tables.append(
            Table(
                title=f"{kind}: {subject}",
                columns=(kind, *(column.title for column in columns), "status"),
                rows=tuple(
                    (row.case.plugin, *(column.cell(row) for column in columns), _status(row)) for row in offered
                ),
                numeric=frozenset(column.title for column in columns if column.numeric),
                notes=(*notes, f"not offered by {', '.join(absent)}") if absent else tuple(notes),
            )
        )
    return tuple(tables)


def raw_tables(measurements: Sequence[Measurement]) -> tuple[Table, ...]:
    """One table for tokenizers and one for attention, of unrounded figures under the names of the metrics."""
    tables = []
    for kind, case in (("tokenizer", TokenizerCase), ("attention", AttentionCase)):
        rows = [row for row in measurements if isinstance(row.case, case) and row.status is not Status.UNSUPPORTED]
        if rows:
            columns = [one for column in _columns(rows[0]) for one in (column, column.beside) if one is not None]
            tables.append(
                Table(
                    title=kind,
                    columns=("group", kind, *(column.metric for column in columns), "status", "reason"),
                    rows=tuple(
                        (
                            row.case.group.partition("/")[2],
                            row.case.plugin,
                            *(column.raw(row) for column in columns),
                            row.status.value,
                            row.reason or "",
                        )
                        for row in rows
                    ),
                )
            )
    return tuple(tables)


def write(tables: Iterable[Table], stream: TextIO | None = None) -> None:
    """Write tables to a stream, standard output for None: drawn on a terminal, as TSV elsewhere."""
    stream = sys.stdout if stream is None else stream
    if not stream.isatty():
        stream.write("\n".join(as_tsv(table) for table in tables if table.rows))
        return
    from rich.console import Console
    from rich.text import Text

    for table in tables:
        console = Console(file=stream, highlight=False)
        least = sum(_least_widths(table))
        gap = 2 if least + 2 * len(table.columns) <= console.width else 1
        # Where the terminal is narrower than the words, it wraps the lines: nothing is cut.
        console.width = max(console.width, least + gap * (len(table.columns) - 1))
        console.print(Text(table.title, "bold"))
        console.print(_drawn(table, gap, console.width))
        for note in table.notes:
            console.print(f"  {note}", style="dim", markup=False)
        console.print()


def as_tsv(table: Table) -> str:
    """Give header and rows with tabs between cells."""
    lines = ["\t".join(" ".join(cell.split()) for cell in row) for row in (table.columns, *table.rows)]
    return "\n".join(lines) + "\n"


def as_markdown(table: Table) -> str:
    """Give a heading, a Markdown table and the notes as a list."""

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"

    ruler = line("---:" if column in table.numeric else "---" for column in table.columns)
    notes = "".join(f"- {' '.join(note.split())}\n" for note in table.notes)
    body = "\n".join([line(table.columns), ruler, *map(line, table.rows)])
    return f"### {table.title}\n\n{body}\n" + (f"\n{notes}" if notes else "")


def is_limit(row: Measurement) -> bool:
    """Whether a row tells what came of a limit, and was never to be timed."""
    return isinstance(row.case, TokenizerCase) and row.case.trained_on is not None


def _groups(measurements: Iterable[Measurement]) -> Iterable[tuple[str, list[Measurement]]]:
    for group, members in groupby(measurements, key=lambda row: row.case.group):
        yield group, list(members)


def _columns(row: Measurement) -> tuple[Column, ...]:
    return ATTENTION if isinstance(row.case, AttentionCase) else TOKENIZER


def _drawn(table: Table, gap: int, room: int) -> RichTable:
    from rich import box
    from rich.cells import cell_len
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(
        box=box.SIMPLE_HEAD,
        padding=(0, gap - 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    natural = [max(map(cell_len, column)) for column in zip(table.columns, *table.rows, strict=True)]
    tight = sum(natural) + gap * (len(natural) - 1) > room
    for index, (column, least) in enumerate(zip(table.columns, _least_widths(table), strict=True)):
        # Columns of words and figures keep their width; columns of sentences share what is left.
        sentences = any(" " in row[index] for row in table.rows)
        drawn.add_column(
            Text(column),
            justify="right" if column in table.numeric else "left",
            overflow="fold",
            width=None if sentences else least if tight else natural[index],
        )
    for row in table.rows:
        drawn.add_row(*map(_styled, row))
    return drawn


def _least_widths(table: Table) -> list[int]:
    """The longest word of each column: narrower would cut a name or a number."""
    from rich.cells import cell_len

    cells = zip(table.columns, *table.rows, strict=True)
    return [max(cell_len(word) for cell in column for word in cell.split(" ")) for column in cells]


def _styled(cell: str) -> Text:
    from rich.text import Text

    return Text(cell, style={"failed": "red", "skipped": "yellow"}.get(cell, ""))


def _note(row: Measurement) -> str | None:
    if row.status is Status.OK:
        difference = row.value("round_trip_difference")
        notes = [f"not exact, {difference}"] if difference else []
        notes += [row.reason] if row.reason else []
        return f"{row.case.plugin}: {'; '.join(notes)}" if notes else None
    announced = ", as its plugin announces" if row.expected else ""
    remedy = f" ({row.remedy})" if row.remedy else ""
    return f"{row.case.plugin}: {row.status}{announced}: {row.reason}{remedy}"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _percent(value: float) -> str:
    return f"{value * 100:.1f}%"


def _spread(value: float) -> str:
    return f"±{value * 100:.1f}%" if value < 0.1 else f"±{value * 100:.0f}%"


def three(value: float) -> str:
    """Three significant digits, without an exponent for everyday sizes."""
    if value >= 999.5:
        digits = len(f"{value:.0f}") - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"


def _mebibytes(value: float) -> str:
    return three(value / 2**20)


def _status(row: Measurement) -> str:
    return "overhead-bound" if row.value("overhead_bound") else row.status.value


TOKENIZER = (
    Column(title="vocab", metric="vocabulary_size", form=_count),
    Column(title="tokens", metric="tokens", form=_count),
    Column(
        title="unknown",
        metric="unknown_tokens",
        form=_count,
        beside=Column(title="rate", metric="unknown_token_rate", form=_percent),
    ),
    Column(title="bytes per token", metric="bytes_per_token", form=lambda value: f"{value:.2f}"),
    Column(
        title="round trip",
        metric="round_trip",
        form=lambda value: "exact" if value == 1.0 else "lossy",
        numeric=False,
    ),
    Column(
        title="encode MB/s",
        metric="encode_mb_per_s",
        form=three,
        beside=Column(title="spread", metric="encode_spread", form=_spread),
    ),
    Column(title="encode Mtok/s", metric="encode_tokens_per_s", form=lambda value: f"{value / 1e6:.2f}"),
    Column(title="ratio", metric="encode_ratio", form=lambda value: f"{value:.2f}"),
)
ATTENTION = (
    Column(title="tokens/s", metric="tokens_per_s", form=three),
    Column(
        title="latency µs",
        metric="step_seconds",
        form=lambda value: three(value * 1e6),
        beside=Column(title="spread", metric="step_spread", form=_spread),
    ),
    Column(title="ratio", metric="step_ratio", form=lambda value: f"{value:.2f}"),
    Column(title="error vs float64", metric="error", form=lambda value: f"{value:.1e}"),
    Column(title="naive error", metric="naive_error", form=lambda value: f"{value:.1e}"),
    Column(title="of GEMM peak", metric="gemm_fraction", form=_percent),
    Column(title="of copy rate", metric="stream_fraction", form=_percent),
    Column(
        title="peak MiB",
        metric="peak_bytes",
        form=_mebibytes,
        beside=Column(title="predicted", metric="predicted_bytes", form=lambda value: f"({_mebibytes(value)})"),
    ),
)
