"""The store: append-only, one transaction per measurement, readable while it is written."""

from __future__ import annotations

import json
import math
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event, func, insert, inspect, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from assay import schema
from assay.deposit import deposit, now
from assay.errors import StoreError, UnknownName
from assay.manifest import manifest
from assay.noise import noise_floor
from assay.records import (
    AnchorTiming,
    Case,
    GroupResult,
    Manifest,
    Measurement,
    Metric,
    Outcome,
    Run,
    Sample,
    Status,
    Timing,
    Value,
)
from assay.visible import encodable
from assay.wire import case_from_json, case_to_json, kind_of

FILE = "assay.sqlite"
TYPES: dict[str, type[Value]] = {"int": int, "float": float, "bool": bool, "str": str}


class Store:
    """The results of many runs in one SQLite file. Several processes may write at once."""

    def __init__(self, folder: str | Path, *, create: bool = True) -> None:
        """Open the store in a folder; raise `StoreError` where it cannot be read or written."""
        self.path = Path(folder) / FILE
        if not create and not self.path.is_file():
            raise StoreError(f"there are no results in {folder}", remedy="make some with `assay run`")
        if create:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(
                    f"the results folder {folder} cannot be made: {error.strerror}",
                    remedy="choose another folder with --results",
                ) from None
        self._engine: Engine = create_engine(f"sqlite:///{self.path}", connect_args={"timeout": 60.0})
        event.listen(self._engine, "connect", _configure)
        event.listen(self._engine, "begin", _begin)
        with self._transaction(write=True) as connection:
            tables = inspect(connection).get_table_names()
            if tables and "meta" not in tables:
                raise StoreError(f"{self.path} is no Assay store", remedy="choose another folder with --results")
            if not tables:
                schema.SCHEMA.create_all(connection)
                connection.execute(insert(schema.meta), {"key": "format", "value": str(schema.FORMAT)})
            found = connection.execute(select(schema.meta.c.value).where(schema.meta.c.key == "format")).scalar()
            if found != str(schema.FORMAT):
                raise StoreError(
                    f"{self.path} has format {found}, and this Assay knows format {schema.FORMAT}",
                    remedy="upgrade assay, or choose another folder with --results",
                )
        if not tables:
            self._let_readers_read()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def begin(self, run: Run, cases: Sequence[Case]) -> None:
        """Record a run and all cases that it means to measure."""
        rows = [
            {
                "run": run.id,
                "id": case.id,
                "position": position,
                "kind": kind_of(case),
                "plugin": case.plugin,
                "parameters": case_to_json(case),
            }
            for position, case in enumerate(cases)
        ]
        # The names of files on a command line need not be UTF-8.
        record = asdict(run) | {
            "command": encodable(run.command),
            "environment": json.dumps(dict(run.environment)),
        }
        with self._transaction(write=True) as connection:
            connection.execute(insert(schema.runs), record)
            if rows:
                connection.execute(insert(schema.cases), rows)

    def add(self, run: str, result: GroupResult) -> None:
        """Record what a group of cases came to: all of it or nothing."""
        try:
            with self._transaction(write=True) as connection:
                deposit(connection, run, result)
        except IntegrityError as error:
            if "UNIQUE" not in str(error.orig).upper():
                raise
            raise StoreError(
                f"a case of run {run} was stored by another process meanwhile",
                remedy="let one process at a time measure a run",
            ) from None

    def reopen(self, run: str) -> None:
        """Record that a run goes on."""
        with self._transaction(write=True) as connection:
            connection.execute(
                update(schema.runs).where(schema.runs.c.id == run).values(state="running", finished=None)
            )

    def finish(self, run: str, state: Literal["complete", "interrupted", "failed"]) -> None:
        """Record how a run ended."""
        with self._transaction(write=True) as connection:
            connection.execute(update(schema.runs).where(schema.runs.c.id == run).values(state=state, finished=now()))

    def runs(self) -> tuple[Run, ...]:
        """Give all runs, the oldest first."""
        with self._transaction() as connection:
            rows = connection.execute(select(schema.runs).order_by(schema.runs.c.started, schema.runs.c.id))
            return tuple(Run(**dict(row._mapping) | {"environment": json.loads(row.environment)}) for row in rows)

    def run(self, name: str | None = None) -> Run:
        """Give the run whose id begins so, the newest for None; raise `UnknownName`."""
        runs = self.runs()
        if not runs:
            raise UnknownName(f"there is no run in {self.path}", remedy="make one with `assay run`")
        if name is None:
            return runs[-1]
        matches = [run for run in runs if run.id == name] or [run for run in runs if run.id.startswith(name)]
        if len(matches) != 1:
            problem = "fits several runs" if matches else "fits no run"
            listed = ", ".join(run.id for run in (matches or runs)[-5:])
            raise UnknownName(f"{name!r} {problem} in {self.path}", remedy=f"the newest are: {listed}")
        return matches[0]

    def planned(self, run: str) -> tuple[Case, ...]:
        """Give all cases that a run means to measure, in order."""
        query = select(schema.cases).where(schema.cases.c.run == run).order_by(schema.cases.c.position)
        with self._transaction() as connection:
            return tuple(case_from_json(row.parameters) for row in connection.execute(query))

    def measured(self, run: str) -> frozenset[str]:
        """Give the ids of the cases of a run that are done."""
        heads = schema.measurements
        with self._transaction() as connection:
            return frozenset(connection.execute(select(heads.c.case).where(heads.c.run == run)).scalars())

    def manifest(self, run: str) -> Manifest:
        """Count what a run planned, and what became of it."""
        heads, cases = schema.measurements, schema.cases
        ended = select(heads.c.status, func.count()).where(heads.c.run == run).group_by(heads.c.status)
        with self._transaction() as connection:
            planned = connection.execute(select(func.count()).where(cases.c.run == run)).scalar_one()
            return manifest(planned, {Status(status): count for status, count in connection.execute(ended)})

    def measurements(self, run: str, *, raw: bool = True) -> tuple[Measurement, ...]:
        """Give all measurements of a run, in the order of its plan; without `raw`, none of their samples."""
        figures: dict[str, list[Metric]] = {}
        readings: dict[tuple[str, str], list[Sample]] = {}
        metrics, samples, heads = schema.metrics, schema.samples, schema.measurements
        by_number = samples.c.case, samples.c.place, samples.c.number
        with self._transaction() as connection:
            for row in connection.execute(select(metrics).where(metrics.c.run == run).order_by(metrics.c.position)):
                value: Value = (
                    row.text
                    if row.type == "str"
                    else TYPES[row.type](row.number if row.number is not None else math.nan)
                )
                figures.setdefault(row.case, []).append(Metric(name=row.name, value=value))
            wanted = select(samples).where(samples.c.run == run).order_by(*by_number)
            for row in connection.execute(wanted) if raw else ():
                reading = Sample(loops=row.loops, wall_ns=row.wall_ns, cpu_ns=row.cpu_ns, epoch=row.epoch)
                readings.setdefault((row.case, row.operation), []).append(reading)
            rows = {row.case: row for row in connection.execute(select(heads).where(heads.c.run == run))}
        return tuple(
            Measurement(
                case=case,
                status=Status(rows[case.id].status),
                reason=rows[case.id].reason,
                remedy=rows[case.id].remedy,
                expected=bool(rows[case.id].expected),
                metrics=tuple(figures.get(case.id, ())),
                timings=tuple(
                    Timing(name=operation, samples=tuple(found))
                    for (owner, operation), found in readings.items()
                    if owner == case.id
                ),
            )
            for case in self.planned(run)
            if case.id in rows
        )

    def anchors(self, run: str) -> tuple[AnchorTiming, ...]:
        """Give the anchors of a run, group by group."""
        table = schema.anchors
        query = select(table).where(table.c.run == run).order_by(table.c.group, table.c.name, table.c.number)
        found: dict[tuple[str, str, int], list[Sample]] = {}
        with self._transaction() as connection:
            for row in connection.execute(query):
                reading = Sample(loops=row.loops, wall_ns=row.wall_ns, cpu_ns=row.cpu_ns, epoch=row.epoch)
                found.setdefault((row.group, row.name, row.work), []).append(reading)
        return tuple(
            AnchorTiming(group=group, name=name, work=work, samples=tuple(readings))
            for (group, name, work), readings in found.items()
        )

    def outcome(self, name: str | None = None, *, raw: bool = True) -> Outcome:
        """Give a run with all that was measured in it; the newest for None. Raises `UnknownName`."""
        run = self.run(name)
        return Outcome(
            run=run,
            manifest=self.manifest(run.id),
            measurements=self.measurements(run.id, raw=raw),
            noise=noise_floor(self.anchors(run.id)),
        )

    def _let_readers_read(self) -> None:
        """Switch a new store to write-ahead logging; the switch waits for others, and needs no repeating."""
        with suppress(DatabaseError, sqlite3.Error), self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            if raw is not None:
                raw.execute("PRAGMA journal_mode=WAL")

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[Connection]:
        """One transaction; what the database says against it becomes a `StoreError`."""
        try:
            with self._engine.connect().execution_options(immediate=write) as connection, connection.begin():
                yield connection
        except IntegrityError:
            raise  # two processes at one run, not a state of the disk
        except DatabaseError as error:
            reason = str(error.orig).strip()
            raise StoreError(
                f"the results in {self.path} cannot be read or written: {reason}",
                remedy="free some space, mend the permissions, or choose another folder with --results",
            ) from None


def new_run_id() -> str:
    """A name for a run that sorts by time: 20261122-161530-3fa9."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _configure(connection: Any, _: object) -> None:
    """Leave transactions to us, and never lose what was acknowledged."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    """Take the lock for writing at once: a reader that turns writer could be refused."""
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
