"""The tables of the store, and the view `results`. Any change of them is a new format, with a step in `formats`."""

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
from sqlalchemy.types import TypeEngine

FORMAT = 2
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
        """Write what there is no letter for as an escape."""
        if value is None or (value.isascii() and "\0" not in value):
            return value
        sound = value.encode("utf-8", "backslashreplace").decode("utf-8")
        return sound.replace("\0", r"\x00") if dialect.name == "postgresql" else sound


meta = Table(
    "meta", SCHEMA, Column("key", Text, primary_key=True), Column("value", Text, nullable=False), sqlite_strict=True
)

runs = Table(
    "runs",
    SCHEMA,
    Column("id", Text, primary_key=True),
    Column("started", Text, nullable=False),
    Column("finished", Text),
    Column("state", Text, nullable=False),
    Column("suite", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("settings", Text, nullable=False),
    sqlite_strict=True,
)

# What a run means to measure, in order; a case without a measurement is still to be done.
cases = Table(
    "cases",
    SCHEMA,
    Column("run", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("plugin", Text, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("corpus", Text),
    Column("split", Text),
    Column("workload", Text),
    ForeignKeyConstraint(["run"], ["runs.id"]),
    sqlite_strict=True,
)

measurements = Table(
    "measurements",
    SCHEMA,
    Column("run", Text, primary_key=True),
    Column("case", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("remedy", Text),
    Column("expected", Integer, nullable=False),
    Column("stored", Text, nullable=False),
    ForeignKeyConstraint(["run", "case"], ["cases.run", "cases.id"]),
    sqlite_strict=True,
)

# Of `number` and `text` one is set, or none for a number that is none; `type` says how it is to be read back.
metrics = Table(
    "metrics",
    SCHEMA,
    Column("run", Text, primary_key=True),
    Column("case", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("number", Number),
    Column("text", Text),
    Column("unit", Text),
    ForeignKeyConstraint(["run", "case"], ["measurements.run", "measurements.case"]),
    sqlite_strict=True,
)

samples = Table(
    "samples",
    SCHEMA,
    Column("run", Text, primary_key=True),
    Column("case", Text, primary_key=True),
    Column("operation", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("number", Integer, primary_key=True),
    Column("loops", Integer, nullable=False),
    Column("wall_ns", Nanoseconds, nullable=False),
    Column("cpu_ns", Nanoseconds, nullable=False),
    Column("epoch", Integer, nullable=False),
    ForeignKeyConstraint(["run", "case"], ["measurements.run", "measurements.case"]),
    sqlite_strict=True,
)

# Fixed pieces of work, sampled in the rounds of a group: what the machine could do meanwhile.
anchors = Table(
    "anchors",
    SCHEMA,
    Column("run", Text, primary_key=True),
    Column("group", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("work", Nanoseconds, nullable=False),
    Column("loops", Integer, nullable=False),
    Column("wall_ns", Nanoseconds, nullable=False),
    Column("cpu_ns", Nanoseconds, nullable=False),
    Column("epoch", Integer, nullable=False),
    ForeignKeyConstraint(["run"], ["runs.id"]),
    sqlite_strict=True,
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
