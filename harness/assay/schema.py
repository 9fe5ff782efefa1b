"""The tables of the store. Format 1; any change of them is a new format, with a step that upgrades."""

from __future__ import annotations

from sqlalchemy import REAL, BigInteger, Column, ForeignKeyConstraint, Integer, MetaData, Table, Text

FORMAT = 1
SCHEMA = MetaData()
# SQLite knows only INTEGER, of 64 bits; elsewhere a sample longer than two seconds needs a big one.
Nanoseconds = BigInteger().with_variant(Integer(), "sqlite")

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

# Of `number` and `text` one is set; `type` says how the number is to be read back.
metrics = Table(
    "metrics",
    SCHEMA,
    Column("run", Text, primary_key=True),
    Column("case", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("number", REAL),
    Column("text", Text),
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
