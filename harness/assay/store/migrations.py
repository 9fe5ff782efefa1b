"""The formats of the store: which one a database has, and the migration from each to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sqlalchemy import Connection, case, column, insert, inspect, select, table, text, update

from assay.errors import StoreError
from assay.records.metric_catalogue import definition
from assay.records.results import Run
from assay.records.serialization import case_from_json, subject_of
from assay.store import schema
from assay.store.location import Location


def format_of(connection: Connection, location: Location) -> int | None:
    """Return the format of a store, None for an empty database; raise `StoreError` for one this Assay cannot read."""
    tables = inspect(connection).get_table_names()
    another = "choose another folder with --results" if location.url is None else "name an empty database"
    if not tables:
        return None
    if schema.meta.name not in tables:
        raise StoreError(f"{location} is not an Assay store", remedy=another)
    wanted = select(schema.meta.c.value).where(schema.meta.c.key == "format")
    written = connection.execute(wanted).scalar()
    if written is None or not written.isdecimal() or not 1 <= int(written) <= schema.FORMAT:
        raise StoreError(
            f"{location} has format {written}, and this Assay knows format {schema.FORMAT}",
            remedy=f"upgrade assay, or {another}",
        )
    return int(written)


def migrate(connection: Connection, location: Location) -> None:
    """Make the tables of an empty database, or take those of an older format to the present one, step by step."""
    present = format_of(connection, location)
    if present is None:
        _make(connection, location)
        return
    connection.execute(text("DROP VIEW IF EXISTS results"))
    for step in range(present, schema.FORMAT):
        STEPS[step](connection)
    connection.execute(text(schema.RESULTS))
    connection.execute(update(schema.meta).where(schema.meta.c.key == "format").values(value=str(schema.FORMAT)))


def _make(connection: Connection, location: Location) -> None:
    if location.url is not None:
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
        if encoding != "UTF8":
            raise StoreError(f"{location} writes {encoding}, and a store takes UTF8", remedy="name another database")
    schema.SCHEMA.create_all(connection)
    connection.execute(text(schema.RESULTS))
    connection.execute(insert(schema.meta), {"key": "format", "value": str(schema.FORMAT)})


def _add_subjects_and_units(connection: Connection) -> None:
    """1 to 2: what a case is measured on and the unit of a figure become columns, for the view `results`."""
    for name in ("corpus", "split", "workload"):
        connection.execute(text(f"ALTER TABLE cases ADD COLUMN {name} TEXT"))
    connection.execute(text("ALTER TABLE metrics ADD COLUMN unit TEXT"))
    put = text("UPDATE cases SET corpus = :corpus, split = :split, workload = :workload WHERE run = :run AND id = :id")
    for row in connection.execute(text("SELECT run, id, parameters FROM cases")).all():
        connection.execute(put, {"run": row.run, "id": row.id, **subject_of(case_from_json(row.parameters))})
    figures = table("metrics", column("run"), column("name"), column("unit"))
    for record in connection.execute(text("SELECT id, started, suite, command, settings FROM runs")).all():
        run = Run(**record._mapping, environment={})
        names = connection.execute(select(figures.c.name).distinct().where(figures.c.run == run.id)).scalars()
        known = {name: own.unit for name in names if (own := definition(name, run)) is not None}
        if known:
            units = case(known, value=figures.c.name)
            connection.execute(update(figures).where(figures.c.run == run.id).values(unit=units))


def _add_codes_and_processes(connection: Connection) -> None:
    """2 to 3: which code and which process ran is recorded, and each row says its code; of older runs nobody knows."""
    schema.plugins.create(connection)
    connection.execute(text("ALTER TABLE measurements ADD COLUMN code TEXT"))
    connection.execute(text("ALTER TABLE runs ADD COLUMN process TEXT NOT NULL DEFAULT ''"))


STEPS: Mapping[int, Callable[[Connection], None]] = MappingProxyType(
    {1: _add_subjects_and_units, 2: _add_codes_and_processes}
)
