"""Rows of a run as a table that can be sorted and filtered: what each column shows, and what it is sorted by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import assay
from assay_html.escape import short, show_unseen
from assay_html.values import below_all, number, three

LOSS_MARK = "*"
Cell = list[str | float | None]  # text, value, lower and upper end of its interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its title, how it sorts, and whether a bar is drawn under the figure."""

    title: str
    cell: Callable[[assay.Measurement], Cell]
    numeric: bool = True
    bar: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table of many rows, of which a page shows a hundred at a time.

    `groups` has for each row the number of the group that it may be compared in; bars are drawn within a group.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[list[Cell], ...]
    groups: tuple[int, ...]
    statuses: tuple[str, ...]

    @property
    def content(self) -> dict[str, object]:
        """Return all that a script needs to sort, filter and save the rows."""
        return {
            "columns": [[column.title, column.numeric, column.bar] for column in self.columns],
            "rows": self.rows,
            "groups": self.groups,
            "most": self.most,
        }

    @property
    def most(self) -> list[list[float]]:
        """Return the figures whose bars fill their cells: of each group the largest in each column."""
        found = [[0.0] * len(self.columns) for _ in range(max(self.groups, default=-1) + 1)]
        for group, row in zip(self.groups, self.rows, strict=True):
            for index, column in enumerate(self.columns):
                if column.bar and isinstance(value := row[index][1], int | float):
                    found[group][index] = max(found[group][index], _drawn(value))
        return found


def tokenizer_grid(rows: Sequence[assay.Measurement]) -> Grid:
    """Return all rows of tokenizers; edge cases have a table of their own."""
    found = [row for row in rows if isinstance(row.case, assay.TokenizerCase) and not row.case.edge_case]
    lossy = any(row.loses_text for row in found)
    caption = f"Every tokenizer on every corpus{LOSS_NOTE if lossy else ''}"
    return _grid("tokenizers", caption, TOKENIZER, found)


def attention_grid(rows: Sequence[assay.Measurement]) -> Grid:
    """Return all rows of attention that a plugin offers."""
    found = [
        row for row in rows if isinstance(row.case, assay.AttentionCase) and row.status is not assay.Status.UNSUPPORTED
    ]
    return _grid("attentions", "Every attention implementation on every workload", ATTENTION, found)


def _grid(name: str, caption: str, columns: tuple[Column, ...], rows: Sequence[assay.Measurement]) -> Grid:
    known = {name for row in rows for name in row.metrics}
    added = [
        Column(title=short(one), cell=_added(one), numeric=not any(isinstance(row.value(one), str) for row in rows))
        for one in sorted(known)
        if assay.definition(one) is None
    ]
    used = tuple(
        column
        for column in (*columns[:-3], *added, *columns[-3:])
        if (not column.numeric and column.title != "busy")
        or column.title == "tokens"
        or any(column.cell(row)[0] != "" for row in rows)
    )
    keys = [(row.case.group, row.value("approximate") is not None) for row in rows]
    groups = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    return Grid(
        id=name,
        caption=caption,
        columns=used,
        rows=tuple([column.cell(row) for column in used] for row in rows),
        groups=tuple(groups[key] for key in keys),
        statuses=tuple(dict.fromkeys(_status(row) for row in rows)),
    )


def _added(metric: str) -> Callable[[assay.Measurement], Cell]:
    """Return the figure of a plugin: a count whole, another number in three digits, words as they are."""

    def cell(row: assay.Measurement) -> Cell:
        words = row.value(metric)
        if isinstance(words, str):
            return _words(lambda _: words)(row)
        value = number(row, metric)
        return ["", None] if value is None else [COUNT(value) if value.is_integer() else three(value), value]

    return cell


def _words(give: Callable[[assay.Measurement], str]) -> Callable[[assay.Measurement], Cell]:
    def cell(row: assay.Measurement) -> Cell:
        text = give(row)
        return list(dict.fromkeys((short(text), show_unseen(text))))

    return cell


def _figure(
    metric: str,
    write: Callable[[float], str],
    *,
    spread: str | None = None,
    low: str | None = None,
    high: str | None = None,
    factor: float = 1.0,
) -> Callable[[assay.Measurement], Cell]:
    """Return a figure with its interval: half the spread to both sides, or the two ends from other metrics."""

    def cell(row: assay.Measurement) -> Cell:
        found = number(row, metric)
        if found is None:
            return ["", None]
        value = found * factor
        wide = None if spread is None else number(row, spread)
        ends = [None if name is None else number(row, name) for name in (low, high)]
        if wide is not None:
            return [f"{write(value)} ±{wide * 100:.2g}%", value, _drawn(value * (1 - wide)), _drawn(value * (1 + wide))]
        if ends[0] is not None and ends[1] is not None:
            return [
                f"{write(value)} ({write(ends[0] * factor)} to {write(ends[1] * factor)})",
                value,
                _drawn(ends[0] * factor),
                _drawn(ends[1] * factor),
            ]
        return [write(value), value]

    return cell


def _marked(figure: Callable[[assay.Measurement], Cell]) -> Callable[[assay.Measurement], Cell]:
    """Mark the figure of a row that loses text: a script draws its bar hollow."""

    def cell(row: assay.Measurement) -> Cell:
        text, *ends = figure(row)
        return [f"{LOSS_MARK}{text}" if row.loses_text and text else text, *ends]

    return cell


def _drawn(value: float) -> float:
    """Return an end of an interval, with as many digits as a drawing can show."""
    return float(f"{value:.4g}")


def _status(row: assay.Measurement) -> str:
    return "overhead-bound" if row.value("overhead_bound") else row.status.value


def _note(row: assay.Measurement) -> str:
    difference = row.value("round_trip_difference")
    parts = [f"not exact, {difference}"] if difference else []
    parts += [f"{row.reason}{', as announced' if row.expected else ''}"] if row.reason else []
    return "; ".join(parts) + (f" ({row.remedy})" if row.remedy else "")


def _trip(row: assay.Measurement) -> str:
    back = number(row, "characters_back")
    if row.value("round_trip") is None or not row.loses_text:
        return "" if row.value("round_trip") is None else "exact"
    return "lossy" if back is None or back >= 1 else f"{below_all(back)} back"


def _of_tokenizer(name: str) -> Callable[[assay.Measurement], str]:
    return lambda row: str(getattr(row.case, name))


LOSS_NOTE = f"; {LOSS_MARK} and a hollow bar: part of the text is lost, so that more of it to a token is not better"
COUNT, SHARE, TWO, TINY = "{:,.0f}".format, "{:.1%}".format, "{:.2f}".format, "{:.1e}".format
TOKENIZER = (
    Column(title="tokenizer", cell=_words(_of_tokenizer("tokenizer")), numeric=False),
    Column(title="corpus", cell=_words(_of_tokenizer("corpus")), numeric=False),
    Column(title="split", cell=_words(_of_tokenizer("split")), numeric=False),
    Column(title="vocabulary", cell=_figure("vocabulary_size", COUNT)),
    Column(title="tokens", cell=_figure("tokens", COUNT)),
    Column(title="unknown", cell=_figure("unknown_token_rate", SHARE)),
    Column(
        title="bytes per token",
        cell=_marked(_figure("bytes_per_token", TWO, low="bytes_per_token_low", high="bytes_per_token_high")),
        bar=True,
    ),
    Column(title="tokens per word", cell=_figure("fertility", TWO)),
    Column(title="round trip", cell=_words(_trip), numeric=False),
    Column(title="encode MB/s", cell=_figure("encode_mb_per_s", three, spread="encode_spread"), bar=True),
    Column(title="fresh MB/s", cell=_figure("fresh_mb_per_s", three, spread="fresh_spread"), bar=True),
    Column(title="decode MB/s", cell=_figure("decode_mb_per_s", three, spread="decode_spread"), bar=True),
    Column(title="time ratio", cell=_figure("encode_ratio", TWO, low="encode_ratio_low", high="encode_ratio_high")),
    Column(title="status", cell=_words(_status), numeric=False),
    Column(title="busy", cell=_words(lambda row: "busy" if row.value("busy") else ""), numeric=False),
    Column(title="note", cell=_words(_note), numeric=False),
)
ATTENTION = (
    Column(title="attention", cell=_words(lambda row: row.case.plugin), numeric=False),
    Column(title="workload", cell=_words(lambda row: row.case.group.partition("/")[2]), numeric=False),
    Column(title="tokens/s", cell=_figure("tokens_per_s", three, spread="step_spread"), bar=True),
    Column(title="latency µs", cell=_figure("step_seconds", three, factor=1e6)),
    Column(title="time ratio", cell=_figure("step_ratio", TWO, low="step_ratio_low", high="step_ratio_high")),
    Column(title="error vs float64", cell=_figure("error", TINY)),
    Column(title="naive error", cell=_figure("naive_error", TINY)),
    Column(title="of GEMM peak", cell=_figure("gemm_fraction", SHARE), bar=True),
    Column(title="of copy rate", cell=_figure("stream_fraction", SHARE)),
    Column(title="peak MiB", cell=_figure("peak_bytes", three, factor=2**-20)),
    Column(title="predicted MiB", cell=_figure("predicted_bytes", three, factor=2**-20)),
    Column(title="operations dispatched", cell=_words(lambda row: str(row.value("dispatched") or "")), numeric=False),
    Column(title="status", cell=_words(_status), numeric=False),
    Column(title="busy", cell=_words(lambda row: "busy" if row.value("busy") else ""), numeric=False),
    Column(title="note", cell=_words(_note), numeric=False),
)
