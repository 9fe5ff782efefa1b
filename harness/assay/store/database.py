"""A database that is a store: a SQLite file or a PostgreSQL server. Transactions, and errors as sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine, create_engine, make_url, select, text
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, OperationalError

from assay.errors import ConflictError, StoreError, one_line
from assay.store import migrations, schema, sqlite_file
from assay.store.location import Location

# What libpq is told unless the URL says otherwise: seconds to connect, milliseconds that a sent row may go unanswered.
PATIENCE = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "application_name": "assay"}
# Of psycopg itself: some would undo our transactions, none can be written as text.
NOT_OF_THE_SERVER = {"autocommit", "context", "cursor_factory", "prepare_threshold", "row_factory"}
MAKING = 0x4153534159  # the lock that whoever makes or upgrades the tables holds
ANOTHER_FOLDER = "choose another folder with --results"


class Unreachable(StoreError):
    """A server does not answer, or has ended the connection: it may answer later."""


class Database:
    """The tables of one store, made or upgraded when it is opened."""

    def __init__(
        self, location: Location, *, create: bool = True, upgrade: bool = False, read_only: bool = False
    ) -> None:
        """Open the store at a location; raise `StoreError` where it cannot be read or written.

        A file is upgraded to the format of this Assay, a server only with `upgrade`: its other users may have an older
        Assay, which cannot read the new format. With `read_only` a file that cannot be written is read nonetheless, and
        nothing is made.
        """
        self.location = location
        self._identity: tuple[int, int] | None = None
        if location.file is not None and not create and not location.file.is_file():
            raise _nothing(location)
        frozen = read_only and location.file is not None and not sqlite_file.writable(location.file)
        self._engine = _of_server(location) if location.file is None else _of_file(location, create, frozen)
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
            if frozen:
                self._engine = sqlite_file.in_memory(self._engine)
            with self._transaction(write=True) as connection:
                if location.url is not None:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MAKING})
                migrations.migrate(connection, location)
        if found is None and location.url is None:
            self._let_readers_read()
        if location.file is not None:
            self._identity = sqlite_file.identity(location.file)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[Connection]:
        """Run one transaction, in which a reader sees one state.

        An error of the database is a `StoreError`, or a `ConflictError` where another process has stored the same. What
        is written goes into the file that was opened, in the format that it had: both are verified before and after.
        """
        if not write:
            with self._transaction(write=False) as connection:
                yield connection
            return
        with self._transaction(write=True) as connection:
            self._verify_file()
            self._verify_format(connection)
            yield connection
        self._verify_file()

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Connection]:
        level = {"isolation_level": "READ COMMITTED" if write else "REPEATABLE READ"} if self.location.url else {}
        try:
            with self._engine.connect().execution_options(immediate=write, **level) as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            raise self._sentence(error) from None

    def _verify_file(self) -> None:
        """Raise `StoreError` where the path of the store does not lead to the file that was opened."""
        file = self.location.file
        if file is None or self._identity is None:
            return
        found = sqlite_file.identity(file)
        if found == self._identity:
            return
        if found is not None:
            problem = f"the results file {file} was replaced by another file meanwhile"
        elif file.parent.is_dir():
            problem = f"the results file {file} was deleted or moved meanwhile"
        else:
            problem = f"the results folder {file.parent} was deleted or moved meanwhile"
        raise StoreError(problem, remedy="let nothing touch the results while something is measured")

    def _verify_format(self, connection: Connection) -> None:
        """Raise `StoreError` where a newer Assay has upgraded the store since it was opened."""
        written = connection.execute(select(schema.meta.c.value).where(schema.meta.c.key == "format")).scalar()
        if written != str(schema.FORMAT):
            raise StoreError(
                f"{self.location} has format {written} now, and this Assay writes format {schema.FORMAT}",
                remedy="upgrade assay: a newer one has upgraded the store meanwhile",
            )

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
        kind, what = (Unreachable, "reached") if lost else (StoreError, "read or written")
        return kind(
            f"the store {self.location} cannot be {what}: {reason}", remedy="see to the database, or name another store"
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


def _of_file(location: Location, create: bool, frozen: bool) -> Engine:
    assert location.file is not None
    if frozen:
        return sqlite_file.read_only_engine(location.file)
    if create:
        folder = location.file.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = f"the results folder {folder} cannot be made: {error.strerror}"
            raise StoreError(problem, remedy=ANOTHER_FOLDER) from None
    return sqlite_file.engine_of(location.file, mode="rwc" if create else "rw")


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
