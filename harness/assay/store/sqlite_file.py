"""A store in a SQLite file: how it is opened to write, and how where nothing may be written."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool, StaticPool

from assay.errors import StoreError

WAIT_S = 60.0  # for another process that writes
LOG, JOURNAL, INDEX = "-wal", "-journal", "-shm"
told = logging.getLogger(__name__)


def writable(file: Path) -> bool:
    """Return whether this process may write a file, and make others beside it."""
    effective = os.access in os.supports_effective_ids
    return all(os.access(path, os.W_OK, effective_ids=effective) for path in (file, file.parent))


def engine_of(file: Path, *, mode: Literal["rw", "rwc"]) -> Engine:
    """Return an engine that reads and writes a file; with `rwc` it makes one where there is none."""
    return _engine(f"{file.absolute().as_uri()}?mode={mode}")


def read_only_engine(file: Path) -> Engine:
    """Return an engine for a file that may not be written: nothing is made beside it.

    A file that nobody has open is read as it is. What a process that died has left beside it, and what an old format
    needs, is done in a copy in memory.
    """
    uri, pending = f"{file.absolute().as_uri()}?mode=ro", _pending(file)
    live = beside(file, INDEX).exists() and _opens(uri)
    if pending is not None and not live:
        told.warning("%s cannot be written: what %s adds to it is read from a copy in memory", file, pending.name)
        return _recovered(file, pending)
    return _engine(uri if live else f"{uri}&immutable=1")


def in_memory(engine: Engine) -> Engine:
    """Return an engine for a copy of a database in memory, and close the other."""
    with engine.connect() as connection:
        source = connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        copy = _copied(source)
    engine.dispose()
    return _listening(create_engine("sqlite://", creator=lambda: copy, poolclass=StaticPool))


def identity(file: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one of the same path; None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def remove(file: Path) -> None:
    """Delete a file with all that SQLite wrote beside it."""
    for path in (file, *(beside(file, suffix) for suffix in (LOG, JOURNAL, INDEX))):
        path.unlink(missing_ok=True)


def beside(file: Path, suffix: str) -> Path:
    """Return the path of what SQLite writes beside a file."""
    return file.with_name(file.name + suffix)


def _pending(file: Path) -> Path | None:
    """What stands beside a file and is not written into it, as after a crash."""
    found = (beside(file, suffix) for suffix in (LOG, JOURNAL))
    return next((path for path in found if path.is_file() and path.stat().st_size), None)


def _opens(uri: str) -> bool:
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return False
    return True


def _recovered(file: Path, pending: Path) -> Engine:
    """An engine for a copy in memory, with what was left beside the file."""
    try:
        with tempfile.TemporaryDirectory(prefix="assay-") as folder:
            for path in (file, pending):
                shutil.copyfile(path, Path(folder, path.name))
            return in_memory(engine_of(Path(folder, file.name), mode="rw"))
    except OSError as error:
        raise StoreError(
            f"the results in {file} cannot be read: no copy can be made of them: {error.strerror}",
            remedy="free some space in the folder TMPDIR, or copy them yourself",
        ) from None


def _copied(source: sqlite3.Connection) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    source.backup(copy)
    return copy


def _engine(uri: str) -> Engine:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=WAIT_S, check_same_thread=False)

    return _listening(create_engine("sqlite://", creator=connect, poolclass=QueuePool))


def _listening(engine: Engine) -> Engine:
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: Any, _: object) -> None:
    """Leave transactions to us, and never lose what was acknowledged."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    """Take the lock for writing at once: a reader that turns writer could be refused."""
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
