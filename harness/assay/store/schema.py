"""The tables of the store, and the view `results`. Any change of them is a new format, with a step in `migrations`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    Column,
    Dialect,
    Double,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Table,
    TypeDecorator,
)
from sqlalchemy import Text as AnyText
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

FORMAT = 3
SCHEMA = MetaData()
# SQLite knows only INTEGER, of 64 bits; elsewhere a sample longer than two seconds needs a big one.
Nanoseconds = BigInteger().with_variant(Integer(), "sqlite")
# SQLite's REAL has 64 bits, PostgreSQL's has 32.
Number: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")


class Text(TypeDecorator[str]):
    """Text as a database takes it: half a character becomes an escape, and in PostgreSQL so does NUL.

    Texts sort by their code points, whatever the language of the database is.
    """

    impl = AnyText
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Name the order of code points where a database has several orders."""
        return dialect.type_descriptor(AnyText(collation="C") if dialect.name == "postgresql" else AnyText())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Write what the database cannot hold as an escape."""
        if value is None or (value.isascii() and "\0" not in value):
            return value
        sound = value.encode("utf-8", "backslashreplace").decode("utf-8")
        return sound.replace("\0", r"\x00") if dialect.name == "postgresql" else sound


def _table(name: str, *columns: SchemaItem) -> Table:
    return Table(name, SCHEMA, *columns, sqlite_strict=True)


def _keys(*names: str) -> list[Column[str]]:
    return [Column(name, Text, primary_key=True) for name in names]


def _texts(*names: str, nullable: bool = False) -> list[Column[str]]:
    return [Column(name, Text, nullable=nullable) for name in names]


def _sample() -> list[Column[int]]:
    return [
        Column("loops", Integer, nullable=False),
        Column("wall_ns", Nanoseconds, nullable=False),
        Column("cpu_ns", Nanoseconds, nullable=False),
        Column("epoch", Integer, nullable=False),
    ]


meta = _table("meta", *_keys("key"), *_texts("value"))

runs = _table(
    "runs",
    *_keys("id"),
    *_texts("started"),
    *_texts("finished", nullable=True),
    *_texts("state", "suite", "command", "environment", "settings", "process"),
)

# Which code had a part in a run; a plugin has a second row where the run was resumed with other code.
plugins = _table(
    "plugins",
    *_keys("run", "kind", "name", "sha256"),  # of a plugin whose files are not known the hash is empty
    Column("position", Integer, nullable=False),
    *_texts("origin", "source", "recorded", "summary", "license"),
    *_texts("distribution", "version", "direct_url", "revision", "path", "covers", "failure", "remedy", nullable=True),
    ForeignKeyConstraint(["run"], ["runs.id"]),
)

# What a run means to measure, in order; a case without a measurement is still to be done.
cases = _table(
    "cases",
    *_keys("run", "id"),
    Column("position", Integer, nullable=False),
    *_texts("kind", "plugin", "parameters"),
    *_texts("corpus", "split", "workload", nullable=True),
    ForeignKeyConstraint(["run"], ["runs.id"]),
)

measurements = _table(
    "measurements",
    *_keys("run", "case"),
    *_texts("status"),
    *_texts("reason", "remedy", nullable=True),
    Column("expected", Integer, nullable=False),
    *_texts("stored"),
    *_texts("code", nullable=True),
    ForeignKeyConstraint(["run", "case"], ["cases.run", "cases.id"]),
)

# Either `number` or `text` is set, and neither for a float that is not a number; `type` says how to read it back.
metrics = _table(
    "metrics",
    *_keys("run", "case", "name"),
    Column("position", Integer, nullable=False),
    *_texts("type"),
    Column("number", Number),
    *_texts("text", "unit", nullable=True),
    ForeignKeyConstraint(["run", "case"], ["measurements.run", "measurements.case"]),
)

samples = _table(
    "samples",
    *_keys("run", "case", "operation"),
    Column("place", Integer, nullable=False),
    Column("number", Integer, primary_key=True),
    *_sample(),
    ForeignKeyConstraint(["run", "case"], ["measurements.run", "measurements.case"]),
)

# Fixed pieces of work, sampled in the rounds of a group: what the machine could do meanwhile.
anchors = _table(
    "anchors",
    *_keys("run", "group", "name"),
    Column("number", Integer, primary_key=True),
    Column("work", Nanoseconds, nullable=False),
    *_sample(),
    ForeignKeyConstraint(["run"], ["runs.id"]),
)

# For people: a row for each figure, and one for each measured case that has none. The same words on every database.
RESULTS = """
CREATE VIEW results AS
SELECT runs.id AS run, runs.started, runs.suite, cases.kind, cases.id AS "case", cases.plugin, cases.corpus,
    cases.split, cases.workload, measurements.status, measurements.reason, metrics.name AS metric,
    metrics.number AS value, metrics.text, metrics.unit
FROM measurements
JOIN runs ON runs.id = measurements.run
JOIN cases ON cases.run = measurements.run AND cases.id = measurements."case"
LEFT JOIN metrics ON metrics.run = measurements.run AND metrics."case" = measurements."case"
"""
