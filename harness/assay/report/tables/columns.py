"""The columns of result tables: which figures, under what title, how they are written, and which are dropped first."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assay.records.metric_catalogue import definition
from assay.records.results import AttentionCase, Measurement, TokenizerCase
from assay.report.text.escape import NO_BREAK
from assay.report.text.significant_digits import below_all, count, figure, percent, spread, three

Formatter = Callable[[float, float | None], str]  # of a figure and its relative uncertainty

# Where a terminal is too narrow, optional columns are dropped in this order. Those that are not named here never are:
# the name, tokens, bytes per token, encode MB/s, latency, ratio, the status. Those of plugins' metrics go before.
DROP_ORDER = (
    "encode Mtok/s",
    "naive error",
    "of copy rate",
    "vocab",
    "of GEMM peak",
    "round trip",
    "peak MiB",
    "tokens/s",
    "unknown",
    "fresh MB/s",
    "error vs float64",
)
# The operation whose spread is the uncertainty of a figure that does not carry its name.
OPERATIONS = {
    **dict.fromkeys(
        (
            *("tokens_per_s", "mb_per_s", "flop_per_s", "gb_per_s"),
            *("gemm_fraction", "stream_fraction", "roofline_fraction", "overhead_share"),
        ),
        "step",
    ),
    "copy_fraction": "encode",
    "full_pass_seconds": "encode",
}
NAMED = re.compile("_(mb_per_s|tokens_per_s|seconds|share)$")
DIGITS_OF_DIGEST = 12
OVERHEAD_BOUND = "overhead-bound"
CREDITED = frozenset({"bytes_per_token", "characters_per_token", "compression"})  # for text, also where it is lost
LOSS_MARK = "*"
LOSS_NOTE = f"{LOSS_MARK} part of the text is lost, so that more of it to a token is not better"
BUSY = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a result table: a metric, how a person reads it, and one that stands beside it.

    `formatter` writes a figure for a person, after its multiplication by `factor`.
    """

    title: str
    metric: str
    formatter: Formatter = figure
    factor: float = 1.0
    numeric: bool = True
    beside: Column | None = None

    def cell(self, row: Measurement) -> str:
        """Return the figure for a person; a dash where the row has none."""
        value = row.value(self.metric)
        if value is None or isinstance(value, str):
            return "-"
        shown = marked(row, self.metric, self.formatter(value * self.factor, relative_uncertainty(row, self.metric)))
        return shown if self.beside is None else f"{shown}{NO_BREAK}{self.beside.cell(row)}"

    def raw(self, row: Measurement) -> str:
        """Return the figure for a program; nothing where the row has none."""
        value = row.value(self.metric)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain(Column):
    """A column of any metric, under its name and in its unit."""

    def cell(self, row: Measurement) -> str:
        """Return the figure by its kind: texts as they are, counts whole, shares in percent."""
        return marked(row, self.metric, plain(row, self.metric))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip(Column):
    """Whether the text comes back, and how much of it where not all does."""

    def cell(self, row: Measurement) -> str:
        """Return `exact`, or the share of the characters that come back; older rows have only `lossy`."""
        if row.value(self.metric) is None:
            return "-"
        back = row.value("characters_back")
        if not row.loses_text:
            return "exact"
        return f"{below_all(back)}{NO_BREAK}back" if isinstance(back, float) and back < 1 else "lossy"


def marked(row: Measurement, metric: str, text: str) -> str:
    """Mark a figure that credits a row with text that it loses; the mark stands before it, so that digits align."""
    return f"{LOSS_MARK}{text}" if metric in CREDITED and row.loses_text and text != "-" else text


def loss_notes(rows: Sequence[Measurement], columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the line that says what the mark means, where a row of these columns has one."""
    lossy = any(
        row.loses_text and row.value(column.metric) is not None
        for row in rows
        for column in columns
        if column.metric in CREDITED
    )
    return (LOSS_NOTE,) if lossy else ()


def columns_of(rows: Sequence[Measurement]) -> tuple[Column, ...]:
    """Return the columns of some rows of one kind: the usual ones, and those of metrics that plugins add."""
    usual: Sequence[Column] = ATTENTION if isinstance(rows[0].case, AttentionCase) else TOKENIZER
    if all(isinstance(row.case, TokenizerCase) and row.case.shards for row in rows):
        usual = SHARDS
    names = dict.fromkeys(name for row in rows for name, _ in row.metrics.items())
    usual = [column for column in usual if column is not FRESH_SPEED or FRESH_SPEED.metric in names]
    return (*usual, *(column_of(name, rows) for name in names if definition(name) is None))


def column_of(metric: str, rows: Sequence[Measurement]) -> Column:
    """Return a column of any metric; it is set to the right where these rows have figures of it."""
    words = any(isinstance(row.value(metric), str) for row in rows)
    return Plain(title=metric, metric=metric, numeric=not words)


def drop_order(columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the titles of the optional columns among these, the first to be dropped first."""
    titles = [column.title for column in columns]
    added = [column.title for column in columns if isinstance(column, Plain)]
    return (*reversed(added), *(title for title in DROP_ORDER if title in titles))


def relative_uncertainty(row: Measurement, metric: str) -> float | None:
    """Return the relative uncertainty of a timed figure: half its interval, or else the spread of its samples.

    None for exact figures, and where nothing is known.
    """
    value = row.value(metric)
    known = definition(metric)
    if known is None or known.exact or not isinstance(value, int | float) or not value:
        return None
    low, high = row.value(f"{metric}_low"), row.value(f"{metric}_high")
    if isinstance(low, float) and isinstance(high, float):
        return (high - low) / 2 / abs(value)
    operation = OPERATIONS.get(metric) or NAMED.sub("", metric)
    found = row.value(f"{operation}_spread") if operation != metric else None
    return float(found) if isinstance(found, int | float) else None


def status_of(row: Measurement) -> str:
    """Return how a row ended, for a person: `overhead-bound` is a row that is ok, and measures the call."""
    return OVERHEAD_BOUND if row.value("overhead_bound") else row.status.value


def status_cell(row: Measurement) -> str:
    """Return how a row ended, and beside it whether it waited for a core: `ok, busy`."""
    return f"{status_of(row)}, {BUSY}" if row.value(BUSY) else status_of(row)


def shown(row: Measurement | None, metric: str, factor: float = 1.0, formatter: Formatter = figure) -> str:
    """Return one figure of a row for a person, to the digits that its noise leaves; a dash where there is none."""
    return "-" if row is None else Column(title="", metric=metric, factor=factor, formatter=formatter).cell(row)


def plain(row: Measurement, metric: str) -> str:
    """Return any metric of a row for a person, in its own unit; a dash where there is none."""
    value, known = row.value(metric), definition(metric)
    if value is None:
        return "-"
    if isinstance(value, str):
        return value[:DIGITS_OF_DIGEST] if known is not None and known.unit == "hex" else value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    exact = known is None or known.exact
    if metric.endswith("_spread"):
        return spread(value)
    if known is not None and known.unit == "share":
        short = exact and value < 1 and three(value * 100) == "100"
        return (
            below_all(value)
            if short
            else f"{three(value * 100)}%"
            if exact
            else percent(value, relative_uncertainty(row, metric))
        )
    if exact:
        return count(value) if abs(value) >= 1000 else figure(value)
    return figure(value, relative_uncertainty(row, metric))


FRESH_SPEED = Column(title="fresh MB/s", metric="fresh_mb_per_s")  # of a size sweep and of older runs there is none
TOKENIZER = (
    Column(title="vocab", metric="vocabulary_size", formatter=count),
    Column(title="tokens", metric="tokens", formatter=count),
    Column(
        title="unknown",
        metric="unknown_tokens",
        formatter=count,
        beside=Column(title="rate", metric="unknown_token_rate", formatter=lambda value, _: f"{value * 100:.1f}%"),
    ),
    Column(title="bytes per token", metric="bytes_per_token", formatter=lambda value, _: f"{value:,.2f}"),
    RoundTrip(
        title="round trip",
        metric="round_trip",
        numeric=False,
        beside=Column(title="back", metric="characters_back"),
    ),
    Column(
        title="encode MB/s",
        metric="encode_mb_per_s",
        beside=Column(title="spread", metric="encode_spread", formatter=lambda value, _: spread(value)),
    ),
    FRESH_SPEED,
    Column(title="encode Mtok/s", metric="encode_tokens_per_s", factor=1e-6),
    Column(title="ratio", metric="encode_ratio"),
)
SHARDS = (
    Column(title="documents", metric="documents", formatter=count),
    *(column for column in TOKENIZER if not column.metric.startswith(("encode_", "fresh_"))),
    Column(title="tokens per word", metric="fertility", formatter=lambda value, _: f"{value:,.2f}"),
)
ATTENTION = (
    Column(title="tokens/s", metric="tokens_per_s"),
    Column(
        title="latency µs",
        metric="step_seconds",
        factor=1e6,
        beside=Column(title="spread", metric="step_spread", formatter=lambda value, _: spread(value)),
    ),
    Column(title="ratio", metric="step_ratio"),
    Column(title="error vs float64", metric="error", formatter=lambda value, _: f"{value:.1e}"),
    Column(title="naive error", metric="naive_error", formatter=lambda value, _: f"{value:.1e}"),
    Column(title="of GEMM peak", metric="gemm_fraction", formatter=percent),
    Column(title="of copy rate", metric="stream_fraction", formatter=percent),
    Column(
        title="peak MiB",
        metric="peak_bytes",
        factor=2**-20,
        formatter=lambda value, _: three(value),
        beside=Column(
            title="predicted", metric="predicted_bytes", factor=2**-20, formatter=lambda value, _: f"({three(value)})"
        ),
    ),
)
