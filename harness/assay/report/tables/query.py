"""Which rows of a run are wanted, in which order, and which of their figures."""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from assay.errors import AssayError
from assay.records.name_list import split_names
from assay.records.results import Measurement, Metrics, Value
from assay.report.tables.column_lookup import Field, RowIdentity, find, kind_of
from assay.report.tables.columns import Column

OPERATOR = re.compile(r"\s*(>=|<=|!=|==|=|>|<)\s*")
GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
COMPARED: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {
        ">": lambda value, than: value > than,
        "<": lambda value, than: value < than,
        ">=": lambda value, than: value >= than,
        "<=": lambda value, than: value <= than,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked of the rows of a run; all of it may be left empty.

    `filters` are such as `plugin=gpt2,regex*`, `status!=ok` or `tokens>1000`, and a row must fit all. `sort` are names
    of columns, followed by `:desc` for the largest first. `columns` are titles, metrics, or what a row is.
    """

    filters: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything is asked."""
        return bool(self.filters or self.sort or self.columns)


def ask(measurements: Sequence[Measurement], query: Query) -> tuple[Measurement, ...]:
    """Return the rows that are wanted, in the order that is wanted, with all of their figures.

    Rows are sorted within their group, since those of different groups are not comparable: groups stay in the order in
    which they first occur. The sort is stable, and rows without a value come last either way. Raises `UnknownName` for
    a name that nothing has, and `AssayError` for a filter that is not valid.
    """
    wanted = [_filter(text, measurements) for text in query.filters]
    orders = [_order(text, measurements) for text in query.sort]
    rows = [row for row in measurements if all(fits(row) for fits in wanted)]
    for field, descending in reversed(orders):
        known = [row for row in rows if field.values(row)]
        known.sort(key=lambda row: _key(field.values(row)[0]), reverse=descending)
        rows = [*known, *(row for row in rows if not field.values(row))]
    if orders:
        places = {group: place for place, group in enumerate(dict.fromkeys(row.case.group for row in measurements))}
        rows.sort(key=lambda row: places[row.case.group])
    return tuple(rows)


def chosen(measurements: Sequence[Measurement], query: Query, *, given: Sequence[str] = ()) -> dict[str, list[Column]]:
    """Return the columns that are asked for, for each kind of rows that has some.

    A kind has a column when one of its rows has a value of it, or no row of any kind does. Those that a table has
    anyhow, in `given`, are left out. Raises `UnknownName`.
    """
    found: dict[str, list[Column]] = {}
    for name in query.columns:
        field = find(name, measurements)
        having = {kind_of(row) for row in measurements if field.values(row)}
        for kind, column in field.columns.items():
            kept = found.setdefault(kind, []) if kind in having or not having else []
            named = isinstance(column, RowIdentity) and column.metric in ("plugin", kind)
            if column not in kept and column.metric not in given and not named:
                kept.append(column)
    return found


def narrowed(measurements: Sequence[Measurement], columns: Mapping[str, Sequence[Column]]) -> tuple[Measurement, ...]:
    """Return rows with no other metrics than those of the columns, of what stands beside these, and `busy`."""

    def narrow(row: Measurement) -> Measurement:
        asked = columns.get(kind_of(row), ())
        names = dict.fromkeys(one.metric for column in asked for one in (column, column.beside) if one is not None)
        return replace(row, metrics=Metrics({name: row.value(name) for name in (*names, "busy")}))

    return tuple(map(narrow, measurements))


def _filter(text: str, measurements: Sequence[Measurement]) -> Callable[[Measurement], bool]:
    parts = OPERATOR.split(text, maxsplit=1)
    if len(parts) != 3 or not parts[0].strip() or not parts[2].strip():
        raise AssayError(f"{text!r} is not a valid filter", remedy="write NAME=GLOB, NAME!=GLOB or NAME>NUMBER")
    name, operator, operand = parts[0], parts[1], parts[2].strip()
    field = find(name, measurements)
    if operator in COMPARED:
        than, holds = _number(operand), COMPARED[operator]
        if than is None:
            raise AssayError(f"{operand!r} is not a number to compare {name.strip()} with", remedy="write NAME>NUMBER")
        number = than
        return lambda row: any(holds(float(value), number) for value in field.values(row) if not isinstance(value, str))
    same = _same(operand)
    if operator == "!=":
        return lambda row: not any(map(same, field.values(row)))
    return lambda row: any(map(same, field.values(row)))


def _same(operand: str) -> Callable[[Value], bool]:
    """Return whether a value is the number, or fits one of the patterns of a list."""
    whole = _number(operand)
    parts = (operand,) if whole is not None else split_names(operand) or ("",)
    numbers = [number for number in map(_number, parts) if number is not None]

    def same(value: Value) -> bool:
        texts = ("yes", "true") if value is True else ("no", "false") if value is False else (str(value),)
        if not isinstance(value, str | bool) and any(math.isclose(value, number, rel_tol=1e-9) for number in numbers):
            return True
        return any(fnmatch.fnmatchcase(text, part) for text in texts for part in parts)

    return same


def _number(text: str) -> float | None:
    """Read `1000`, `1,000`, `1e3` or `1%`."""
    text = text.strip()
    unit = 100.0 if text.endswith("%") else 1.0
    text = text.removesuffix("%").strip()
    try:
        number = float(text.replace(",", "") if GROUPED.fullmatch(text) else text) / unit
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _order(text: str, measurements: Sequence[Measurement]) -> tuple[Field, bool]:
    name, colon, way = text.rpartition(":")
    if not colon:
        return find(text, measurements), False
    if way.strip().lower() not in ("asc", "desc"):
        raise AssayError(f"{text!r} is not a valid order", remedy="write COLUMN, COLUMN:asc or COLUMN:desc")
    return find(name, measurements), way.strip().lower() == "desc"


def _key(value: Value) -> tuple[int, float, str]:
    """Sort numbers before texts."""
    return (1, 0.0, value) if isinstance(value, str) else (0, float(value), "")
