"""The reader: the rows of a run as the tables have them, by case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, select

from assay.store import schema

BATCH = 5_000
HEAD = ("case", "status", "reason", "remedy", "code", "expected")
FIGURE = ("case", "position", "name", "type", "number", "text")
READ = ("number", "loops", "wall_ns", "cpu_ns", "epoch")
SAMPLE = ("case", "operation", "place", *READ)
PROBE = ("group", "name", "work", *READ)
Rows = Iterable[Sequence[Any]]
Pairs = dict[tuple[str, str], list[Sequence[int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is stored of measured cases.

    `heads` have id, status, reason, remedy, code, expected. The `figures` of a case have position, name, type, number
    and text. The `samples` of a case and an operation, and the `probes` of a group and a name, are whole numbers.
    """

    heads: Mapping[str, Sequence[Any]]
    figures: Mapping[str, list[Sequence[Any]]]
    samples: Pairs
    probes: Pairs


def plan(connection: Connection, run: str) -> list[tuple[str, str]]:
    """Return the ids and parameters of the planned cases of a run, in order."""
    table = schema.cases
    wanted = select(table.c.id, table.c.parameters).where(table.c.run == run).order_by(table.c.position)
    return [(case, parameters) for case, parameters in connection.execute(wanted).all()]


def stored(connection: Connection, run: str, *, samples: bool = True) -> Stored:
    """Return what is stored of the measured cases of a run, without its probes."""
    return gather(
        _fetch(connection, run, schema.measurements, HEAD),
        _fetch(connection, run, schema.metrics, FIGURE, "case"),
        _fetch(connection, run, schema.samples, SAMPLE, "case", "operation", "number") if samples else (),
        (),
    )


def probes(connection: Connection, run: str) -> Pairs:
    """Return the probes of a run, by group and name."""
    return _pairs(_fetch(connection, run, schema.anchors, PROBE, "group", "name", "number"))


def gather(heads: Rows, figures: Rows, samples: Rows, probes: Rows) -> Stored:
    """Gather rows of the tables, as they were read or will be, by what they belong to."""
    by_case: dict[str, list[Sequence[Any]]] = {}
    for case, *rest in figures:
        try:
            by_case[case].append(rest)
        except KeyError:
            by_case[case] = [rest]
    for found in by_case.values():
        found.sort(key=itemgetter(0))
    return Stored(heads={row[0]: row for row in heads}, figures=by_case, samples=_pairs(samples), probes=_pairs(probes))


def columns(rows: Iterable[Mapping[str, Any]], names: Sequence[str]) -> list[Sequence[Any]]:
    """Return rows that are to be written as they are read."""
    return [tuple(row[name] for name in names) for row in rows]


def _pairs(rows: Rows) -> Pairs:
    found: Pairs = {}
    for owner, name, *rest in rows:
        found.setdefault((owner, name), []).append(rest)
    return found


def _fetch(
    connection: Connection, run: str, table: Table, names: Sequence[str], *order: str
) -> Iterator[Sequence[Any]]:
    wanted = select(*(table.c[name] for name in names)).where(table.c.run == run)
    for batch in connection.execute(wanted.order_by(*(table.c[name] for name in order))).partitions(BATCH):
        yield from batch
