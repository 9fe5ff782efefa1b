"""Statistics of a store: how many rows it holds, and how much room they take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select, text

from assay.store.schema import FORMAT, SCHEMA, cases, measurements, metrics, samples
from assay.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Rows by what they are, and `bytes` on the disk; the ids of the oldest and the newest run, None without runs."""

    store: str
    database: str
    format: int
    runs: int
    planned: int
    measured: int
    figures: int
    samples: int
    bytes: int
    oldest: str | None
    newest: str | None


def inventory(store: Store) -> Inventory:
    """Count what a store holds; raise `StoreError` where it cannot be read."""
    runs = store.runs()
    server = store.location.url is not None
    with store.transaction() as connection:
        planned, measured, figures, sampled = (
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (cases, measurements, metrics, samples)
        )
        version = text("SHOW server_version" if server else "SELECT sqlite_version()")
        number = str(connection.execute(version).scalar_one()).split()[0]
        if server:
            names = (f"pg_total_relation_size('{table}')" for table in SCHEMA.tables)
            size = int(connection.execute(text(f"SELECT {' + '.join(names)}")).scalar_one())
        else:
            size = sum(path.stat().st_size for path in _files(store.location.file))
    return Inventory(
        store=str(store.location),
        database=f"{'PostgreSQL' if server else 'SQLite'} {number}",
        format=FORMAT,
        runs=len(runs),
        planned=planned,
        measured=measured,
        figures=figures,
        samples=sampled,
        bytes=size,
        oldest=runs[0].id if runs else None,
        newest=runs[-1].id if runs else None,
    )


def _files(path: Path | None) -> tuple[Path, ...]:
    """A file, and the log of what is not written into it yet."""
    found = () if path is None else (path, path.with_name(path.name + "-wal"))
    return tuple(file for file in found if file.is_file())
