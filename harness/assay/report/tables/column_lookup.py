"""What the name of a column or of a figure stands for: in the rows of each kind a column, or nothing."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from assay.errors import UnknownName
from assay.records.metric_catalogue import DEFINITIONS, TIMED, definition
from assay.records.near_names import did_you_mean, near_names
from assay.records.results import AttentionCase, Measurement, TokenizerCase, Value
from assay.report.tables.columns import ATTENTION, TOKENIZER, Column, column_of, status_cell, status_of

OPERATIONS = (
    *("encode", "decode", "fresh", "line", "paragraph", "page", "batch", "batch2"),
    *("step", "tokenize", "embed", "attend"),
)
MOST_NAMES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RowIdentity(Column):
    """A column of what a row is, not of what was measured of it; some have several names for it."""

    numeric: bool = False

    def cell(self, row: Measurement) -> str:
        """Return the first of its names, a dash where it has none."""
        return next(iter(IDENTITY[self.metric](row)), "-")

    def raw(self, row: Measurement) -> str:
        """Return the first of its names, nothing where it has none."""
        return next(iter(IDENTITY[self.metric](row)), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a name stands for: in rows of tokenizers one column, in rows of attention perhaps another, or none."""

    columns: Mapping[str, Column]

    def column(self, row: Measurement) -> Column | None:
        """Return the column for a row of this kind."""
        return self.columns.get(kind_of(row))

    def values(self, row: Measurement) -> tuple[Value, ...]:
        """Return what a row has under this name, figures as the column shows them; nothing where it has nothing."""
        column = self.column(row)
        if column is None:
            return ()
        if isinstance(column, RowIdentity):
            return IDENTITY[column.metric](row)
        value = row.value(column.metric)
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return ()
        plain = isinstance(value, str | bool) or column.factor == 1.0
        return (value if plain else float(value) * column.factor,)


def find(name: str, measurements: Sequence[Measurement]) -> Field:
    """Find what a name stands for among titles of columns, metrics, and what rows are.

    Titles are known in any case, and with a `u` for the `µ`; a metric is known that one of the rows has, or that the
    catalogue has. Raises `UnknownName` with the nearest names.
    """
    asked, metric = _plain(name), name.strip()
    if asked in IDENTITY:
        return Field(columns=dict.fromkeys(KINDS, RowIdentity(title=asked, metric=asked)))
    titled = {kind: column for kind, usual in KINDS.items() for column in usual if _plain(column.title) == asked}
    present = dict.fromkeys(name for row in measurements for name in row.metrics)
    if metric in present or _defined(metric):
        return Field(columns=dict.fromkeys(KINDS, column_of(metric, measurements)) | titled)
    if titled:
        return Field(columns=titled)
    titles = [column.title for usual in KINDS.values() for column in usual]
    near = _near(asked, [*dict.fromkeys((*titles, *IDENTITY, *present, *filter(_defined, DEFINITIONS)))])
    remedy = did_you_mean(near, "take a title of a column, or a metric of docs/metrics.md")
    raise UnknownName(f"no column and no metric is named {metric!r}", remedy=remedy)


def kind_of(row: Measurement) -> str:
    """Return `tokenizer` or `attention`."""
    return "attention" if isinstance(row.case, AttentionCase) else "tokenizer"


def _defined(metric: str) -> bool:
    """Return whether the catalogue has it; `spread` is one of every operation, and of no row."""
    if metric in DEFINITIONS:
        return metric not in TIMED
    return metric.partition("_")[0] in OPERATIONS and definition(metric) is not None


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("\u03bc", "u").split())  # which the micro sign becomes


def _near(asked: str, known: Sequence[str]) -> Iterator[str]:
    """Yield the names that look alike, or else those that share the rarest of its words."""
    plain = {_plain(name): name for name in known}
    near = [plain[name] for name in near_names(asked, plain, most=MOST_NAMES, cutoff=0.7)]
    words = Counter(word for name in plain for word in set(_words(name)))
    rarest = min((word for word in _words(asked) if words[word]), key=lambda word: words[word], default=None)
    sharing = [name for text, name in plain.items() if rarest in _words(text)] if rarest else []
    yield from (near or (sharing if len(sharing) <= MOST_NAMES else []))[:MOST_NAMES]


def _words(name: str) -> list[str]:
    return re.split(r"[\s_/]+", name)


def _text(row: Measurement, name: str) -> tuple[str, ...]:
    """Return the tokenizer or the corpus of a row; attention has one where its input is a text."""
    text = row.case if isinstance(row.case, TokenizerCase) else row.case.workload.source
    return () if text is None else (getattr(text, name),)


KINDS: Mapping[str, tuple[Column, ...]] = MappingProxyType({"tokenizer": TOKENIZER, "attention": ATTENTION})
IDENTITY: Mapping[str, Callable[[Measurement], tuple[str, ...]]] = MappingProxyType(
    {
        "kind": lambda row: (kind_of(row),),
        "plugin": lambda row: (row.case.plugin,),
        "tokenizer": lambda row: _text(row, "tokenizer"),
        "attention": lambda row: (row.case.attention,) if isinstance(row.case, AttentionCase) else (),
        "corpus": lambda row: _text(row, "corpus"),
        "split": lambda row: (row.case.split,) if isinstance(row.case, TokenizerCase) else (),
        "workload": lambda row: (row.case.workload.id,) if isinstance(row.case, AttentionCase) else (),
        "group": lambda row: (row.case.group.partition("/")[2], row.case.group),
        "case": lambda row: (row.case.id,),
        "status": lambda row: tuple(dict.fromkeys((row.status.value, status_of(row), status_cell(row)))),
        "reason": lambda row: (row.reason,) if row.reason else (),
        "remedy": lambda row: (row.remedy,) if row.remedy else (),
    }
)
