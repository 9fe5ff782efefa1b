"""Copying runs from one store into another: what is there already stays, what is missing is added."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, Table, insert, select, update

from assay.errors import StoreError
from assay.store import digests
from assay.store.codes import add_codes, read_codes
from assay.store.schema import anchors, cases, measurements, metrics, runs, samples
from assay.store.store import Store

BATCH = 5_000
SAME = ("started", "suite", "command", "environment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The result of the transfer of one run: measured cases that were added, and those that were there already."""

    run: str
    added: int
    present: int


def transfer(source: Store, target: Store, run: str) -> Moved:
    """Copy a run with all that was measured in it, in one transaction; repeated, it adds what is new since.

    A case that the target has is left as it is there. Raises `StoreError` where the run is damaged, where the target
    has another run of that id, or where another process writes the same, and `UnknownName` for a run that the source
    does not have.
    """
    whole = source.run(run).id
    with source.transaction() as there, target.transaction(write=True) as here:
        digests.verify_all(there, source.location, whole)
        record = there.execute(select(runs).where(runs.c.id == whole)).one()
        found = here.execute(select(runs).where(runs.c.id == whole)).one_or_none()
        if found is None:
            here.execute(insert(runs), dict(record._mapping))
            _copy(there, here, cases, whole)
        elif any(getattr(record, field) != getattr(found, field) for field in SAME):
            raise StoreError(
                f"{target.location} has another run {whole} than {source.location}", remedy="leave out this one"
            )
        else:
            digests.verify_all(here, target.location, whole)
        add_codes(here, whole, read_codes(there, whole))
        done = _values(here, measurements, "case", whole)
        for table in (measurements, metrics, samples):
            _copy(there, here, table, whole, but=done, of="case")
        _copy(there, here, anchors, whole, but=_values(here, anchors, "group", whole), of="group")
        if found is not None and (record.finished or "") > (found.finished or ""):
            ended = {name: getattr(record, name) for name in ("state", "finished", "settings", "process")}
            here.execute(update(runs).where(runs.c.id == whole).values(**ended))
        after = digests.renew(here, whole)
    return Moved(run=whole, added=after.rows - len(done), present=len(done))


def _values(connection: Connection, table: Table, column: str, run: str) -> frozenset[str]:
    return frozenset(connection.execute(select(table.c[column]).distinct().where(table.c.run == run)).scalars())


def _copy(
    there: Connection, here: Connection, table: Table, run: str, *, but: Collection[str] = (), of: str = "run"
) -> None:
    """Copy the rows of a run, except those whose column `of` has one of the values `but`; in batches."""
    found = there.execute(select(table).where(table.c.run == run), execution_options={"yield_per": BATCH})
    for batch in found.mappings().partitions():
        rows = [dict(row) for row in batch if row[of] not in but]
        if rows:
            here.execute(insert(table), rows)
