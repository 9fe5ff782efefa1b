"""A database that is a store: a SQLite file or a PostgreSQL server. Transactions, and errors as sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, OperationalError

from assay.errors import ConflictError, StoreError, one_line
from assay.store import migrations, schema
from assay.store.location import Location

# What libpq is told unless the URL says otherwise: seconds to connect, milliseconds that a sent row may go unanswered.
PATIENCE = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "application_name": "assay"}
# Of psycopg itself: some would undo our transactions, none can be written as text.
NOT_OF_THE_SERVER = {"autocommit", "context", "cursor_factory", "prepare_threshold", "row_factory"}
MAKING = 0x4153534159  # the lock that whoever makes or upgrades the tables holds


class Database:
    """The tables of one store, made or upgraded when it is opened."""

    def __init__(self, location: Location, *, create: bool = True, upgrade: bool = False) -> None:
        """Open the store at a location; raise `StoreError` where it cannot be read or written.

        A file is upgraded to the format of this Assay, a server only with `upgrade`: its other users may have an older
        Assay, which cannot read the new format.
        """
        self.location = location
        if location.file is not None and not create and not location.file.is_file():
            raise _nothing(location)
        self._engine = _of_file(location) if location.url is None else _of_server(location)
        with self.transaction() as connection:
            found = migrations.format_of(connection, location)
        if found is None and not create:
            raise _nothing(location)
        if found is not None and found < schema.FORMAT and location.url is not None and not upgrade:
            raise StoreError(
                f"{location} has format {found}, and this Assay writes format {schema.FORMAT}",
                remedy="`assay store upgrade` upgrades it; whoever uses it needs this version of assay then",
            )
        if found != schema.FORMAT:
            with self.transaction(write=True) as connection:
                if location.url is not None:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MAKING})
                migrations.migrate(connection, location)
        if found is None and location.url is None:
            self._let_readers_read()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[Connection]:
        """Run one transaction, in which a reader sees one state.

        An error of the database is a `StoreError`, or a `ConflictError` where another process has stored the same.
        """
        level = {"isolation_level": "READ COMMITTED" if write else "REPEATABLE READ"} if self.location.url else {}
        try:
            with self._engine.connect().execution_options(immediate=write, **level) as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            raise self._sentence(error) from None

    def _sentence(self, error: DBAPIError) -> StoreError:
        if isinstance(error, IntegrityError) and "UNIQUE" in str(error.orig).upper():
            return ConflictError(
                f"another process stored the same in {self.location} meanwhile",
                remedy="let one process at a time measure a run",
            )
        reason = one_line(str(error.orig)).rstrip("?.")
        if self.location.url is None:
            return StoreError(
                f"the results in {self.location} cannot be read or written: {reason}",
                remedy="free some space, fix the permissions, or choose another folder with --results",
            )
        lost = isinstance(error, OperationalError) and (error.statement is None or error.connection_invalidated)
        return StoreError(
            f"the store {self.location} cannot be {'reached' if lost else 'read or written'}: {reason}",
            remedy="see to the database, or name another store",
        )

    def _let_readers_read(self) -> None:
        """Switch a new file to write-ahead logging; the switch waits for others, and needs no repeating."""
        with suppress(DatabaseError, sqlite3.Error), self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            if raw is not None:
                raw.execute("PRAGMA journal_mode=WAL")


def _nothing(location: Location) -> StoreError:
    where = location if location.elsewhere else location.folder
    return StoreError(f"there are no results in {where}", remedy="make some with `assay run`")


def _of_file(location: Location) -> Engine:
    assert location.file is not None
    folder = location.file.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the results folder {folder} cannot be made: {error.strerror}",
            remedy="choose another folder with --results",
        ) from None
    engine = create_engine(URL.create("sqlite", database=str(location.file)), connect_args={"timeout": 60.0})
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _of_server(location: Location) -> Engine:
    assert location.url is not None
    url = make_url(location.url)
    wrong = sorted(NOT_OF_THE_SERVER & set(url.query))
    if wrong:
        raise StoreError(
            f"{location} sets {wrong[0]}, which is not an option of a server", remedy="leave it out of the URL"
        )
    patience = {name: value for name, value in PATIENCE.items() if name not in url.query}
    try:
        # Without prepared statements: a pooler may give every transaction another connection.
        return create_engine(url, pool_pre_ping=True, connect_args={"prepare_threshold": None, **patience})
    except ImportError as error:
        raise StoreError(
            f"a store on a server needs psycopg, which is not installed: {error}",
            remedy='pip install "assay-bench[store]"',
        ) from None


def _configure(connection: Any, _: object) -> None:
    """Leave transactions to us, and never lose what was acknowledged."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    """Take the lock for writing at once: a reader that turns writer could be refused."""
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
