"""The store: append-only, one transaction per measurement, readable while it is written."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, insert, select, update

from assay.environment.describe import now
from assay.errors import StoreError, UnknownName
from assay.records.plugin_code import PluginCode
from assay.records.process_identity import ProcessIdentity
from assay.records.results import (
    Case,
    GroupResult,
    Manifest,
    Measurement,
    Metrics,
    Outcome,
    ProbeTiming,
    Run,
    Sample,
    Status,
    Timing,
    Value,
)
from assay.records.serialization import case_from_json, case_to_json, kind_of, subject_of
from assay.stats.noise_floor import noise_floor
from assay.store import digests, reader, schema
from assay.store.codes import add_codes, read_codes
from assay.store.database import Database
from assay.store.location import Where, at
from assay.store.writer import write

TYPES: dict[str, type[Value]] = {"int": int, "float": float, "bool": bool, "str": str}


class Store(AbstractContextManager["Store"]):
    """The results of many runs in one database, closed at the end of its context. Several processes may write."""

    def __init__(self, where: Where, *, create: bool = True, upgrade: bool = False, read_only: bool = False) -> None:
        """Open the store in a folder, a file or on a server; raise `StoreError` where it cannot be read or written.

        Without `create` there must be one; with `upgrade` one on a server is taken to the present format. With
        `read_only` there must be one, which is read also where nothing may be written.
        """
        self.location = at(where)
        create = create and not read_only
        self._database = Database(self.location, create=create, upgrade=upgrade, read_only=read_only)
        self.transaction = self._database.transaction

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def begin(self, run: Run, cases: Sequence[Case], codes: Sequence[PluginCode] = ()) -> None:
        """Record a run, all cases that it means to measure, and the code of the plugins that have a part in it."""
        rows = [
            {
                "run": run.id,
                "id": case.id,
                "position": position,
                "kind": kind_of(case),
                "plugin": case.plugin,
                "parameters": case_to_json(case),
                **subject_of(case),
            }
            for position, case in enumerate(cases)
        ]
        record = asdict(run) | {"environment": json.dumps(dict(run.environment))}
        with self.transaction(write=True) as connection:
            connection.execute(insert(schema.runs), record)
            if rows:
                connection.execute(insert(schema.cases), rows)
            add_codes(connection, run.id, codes)
            planned = [(str(row["id"]), str(row["parameters"])) for row in rows]
            digests.begin(connection, run.id, digests.Digest(plan=digests.of_plan(record, planned)))

    def add(self, run: str, result: GroupResult) -> None:
        """Record the results of a group: all or nothing; raise `ConflictError` where another process has."""
        with self.transaction(write=True) as connection:
            record = connection.execute(select(schema.runs).where(schema.runs.c.id == run)).one_or_none()
            if record is None:
                raise self._without(run)
            write(connection, _run(record), result)

    def reopen(self, run: str, codes: Sequence[PluginCode] = ()) -> None:
        """Record that a run goes on, and with which code where that is not recorded yet."""
        self._set(run, "running", None, process=str(ProcessIdentity.current()))
        with self.transaction(write=True) as connection:
            add_codes(connection, run, codes)

    def finish(
        self, run: str, state: Literal["complete", "interrupted", "failed"], settings: str | None = None
    ) -> None:
        """Record how a run ended, and the settings with what had to be secret until then."""
        self._set(run, state, now(), **({} if settings is None else {"settings": settings}))

    def _set(self, run: str, state: str, finished: str | None, **others: str) -> None:
        change = update(schema.runs).where(schema.runs.c.id == run).values(state=state, finished=finished, **others)
        with self.transaction(write=True) as connection:
            if not connection.execute(change).rowcount:
                raise self._without(run)

    def _without(self, run: str) -> StoreError:
        return StoreError(f"{self.location} has no run {run}", remedy="was it restored, or emptied?")

    def runs(self) -> tuple[Run, ...]:
        """Return all runs, the oldest first."""
        with self.transaction() as connection:
            rows = connection.execute(select(schema.runs).order_by(schema.runs.c.started, schema.runs.c.id))
            return tuple(map(_run, rows))

    def run(self, name: str | None = None) -> Run:
        """Return the run whose id begins so, the newest for None; raise `UnknownName`."""
        runs = self.runs()
        if not runs:
            raise UnknownName(f"there is no run in {self.location}", remedy="make one with `assay run`")
        if name is None:
            return runs[-1]
        matches = [run for run in runs if run.id == name] or [run for run in runs if run.id.startswith(name)]
        if len(matches) != 1:
            problem = "fits several runs" if matches else "fits no run"
            listed = ", ".join(run.id for run in (matches or runs)[-5:])
            raise UnknownName(f"{name!r} {problem} in {self.location}", remedy=f"the newest are: {listed}")
        return matches[0]

    def codes(self, run: str) -> tuple[PluginCode, ...]:
        """Return the code of the plugins that have a part in a run, in the order in which it was recorded."""
        with self.transaction() as connection:
            return read_codes(connection, run)

    def planned(self, run: str) -> tuple[Case, ...]:
        """Return all cases that a run means to measure, in order; raise `StoreError` where they are damaged."""
        with self.transaction() as connection:
            return self._planned(connection, run)

    def _planned(self, connection: Connection, run: str) -> tuple[Case, ...]:
        cases = reader.plan(connection, run)
        record = connection.execute(select(schema.runs).where(schema.runs.c.id == run)).one_or_none()
        if record is not None:
            if not _is_json(record.settings):
                raise digests.damaged(self.location, run, "its settings cannot be read")
            found = digests.Digest(plan=digests.of_plan(dict(record._mapping), cases))
            digests.verify(connection, self.location, run, found, "plan")
        return tuple(case_from_json(parameters) for _, parameters in cases)

    def measured(self, run: str) -> frozenset[str]:
        """Return the ids of the cases of a run that are done."""
        heads = schema.measurements
        with self.transaction() as connection:
            return frozenset(connection.execute(select(heads.c.case).where(heads.c.run == run)).scalars())

    def manifest(self, run: str) -> Manifest:
        """Count the planned cases of a run, by how they ended."""
        heads, cases = schema.measurements, schema.cases
        ended = select(heads.c.status, func.count()).where(heads.c.run == run).group_by(heads.c.status)
        with self.transaction() as connection:
            planned = connection.execute(select(func.count()).where(cases.c.run == run)).scalar_one()
            return Manifest.of(planned, {Status(status): count for status, count in connection.execute(ended)})

    def measurements(self, run: str, *, raw: bool = True) -> tuple[Measurement, ...]:
        """Return all measurements of a run, in the order of its plan; without `raw`, none of their samples.

        Raises `StoreError` where they are not what was stored.
        """
        with self.transaction() as connection:
            cases = self._planned(connection, run)
            stored = reader.stored(connection, run, samples=raw)
            parts = ("rows", "figures", *(("samples",) if raw else ()))
            digests.verify(connection, self.location, run, digests.of_rows(stored), *parts)
        timings = _timings(stored)
        return tuple(
            Measurement(
                case=case,
                status=Status(status),
                reason=reason,
                remedy=remedy,
                expected=bool(expected),
                code=code,
                metrics=Metrics({row[1]: _value(*row[2:]) for row in stored.figures.get(name, ())}),
                timings=tuple(timings.get(name, ())),
            )
            for case in cases
            if (head := stored.heads.get(case.id)) is not None
            for name, status, reason, remedy, code, expected in (head,)
        )

    def probes(self, run: str) -> tuple[ProbeTiming, ...]:
        """Return the machine probes of a run, group by group; raise `StoreError` where they are damaged."""
        with self.transaction() as connection:
            found = reader.probes(connection, run)
            digest = digests.Digest(rows=_count(connection, run), probes=digests.of_pairs(found))
            digests.verify(connection, self.location, run, digest, "probes")
        return tuple(
            ProbeTiming(group=group, name=name, work=work, samples=tuple(_sample(*row[2:]) for row in rows))
            for (group, name), samples in found.items()
            for work, rows in groupby(samples, key=itemgetter(0))
        )

    def outcome(self, name: str | None = None, *, raw: bool = True) -> Outcome:
        """Return a run with all that was measured in it; the newest for None. Raises `UnknownName`."""
        run = self.run(name)
        return Outcome(
            run=run,
            manifest=self.manifest(run.id),
            measurements=self.measurements(run.id, raw=raw),
            noise=noise_floor(self.probes(run.id)),
            codes=self.codes(run.id),
        )


def new_run_id() -> str:
    """Return a name for a run that sorts by time: 20261122-161530-3fa9."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _count(connection: Connection, run: str) -> int:
    heads = schema.measurements
    return connection.execute(select(func.count()).where(heads.c.run == run)).scalar_one()


def _run(row: Row[Any]) -> Run:
    """A run; of an environment that is damaged nothing is left, which is told when its rows are read."""
    environment = json.loads(row.environment) if _is_json(row.environment) else {}
    process = ProcessIdentity.parse(row.process)
    gone = row.state == "running" and process is not None and process.is_gone
    state = "interrupted" if gone else row.state
    return Run(**dict(row._mapping) | {"environment": environment, "state": state})


def _is_json(text: Any) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (TypeError, ValueError):
        return False


def _timings(stored: reader.Stored) -> dict[str, list[Timing]]:
    """The timings of each case, in the places that they were stored in."""
    found: dict[str, list[Timing]] = {}
    for (case, operation), rows in sorted(stored.samples.items(), key=lambda item: item[1][0][0]):
        timing = Timing(name=operation, samples=tuple(_sample(*row[2:]) for row in rows))
        found.setdefault(case, []).append(timing)
    return found


def _sample(loops: int, wall_ns: int, cpu_ns: int, epoch: int) -> Sample:
    return Sample(loops, wall_ns, cpu_ns, epoch)


def _value(kind: str, number: float | None, text: str | None) -> Value:
    return str(text) if kind == "str" else TYPES[kind](math.nan if number is None else number)
