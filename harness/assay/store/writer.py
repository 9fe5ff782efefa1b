"""The writer: the results of a group of cases into the tables of the store."""

from __future__ import annotations

import math

from sqlalchemy import Connection, insert

from assay.environment.describe import now
from assay.records.metric_catalogue import definition
from assay.records.results import GroupResult, Measurement, Run, Sample, Value
from assay.store import schema


def write(connection: Connection, run: Run, result: GroupResult) -> None:
    """Write the measurements and machine probes of a group, within the transaction of the caller."""
    for measurement in result.measurements:
        _add(connection, run, measurement)
    samples = [
        {"run": run.id, "group": probe.group, "name": probe.name, "work": probe.work, "number": number}
        | columns_of(sample)
        for probe in result.probes
        for number, sample in enumerate(probe.samples)
    ]
    if samples:
        connection.execute(insert(schema.anchors), samples)


def columns_of(sample: Sample) -> dict[str, Value | None]:
    """Return a sample by the names of the columns that it is stored in."""
    return {"loops": sample.iterations, "wall_ns": sample.wall_ns, "cpu_ns": sample.cpu_ns, "epoch": sample.epoch}


def _add(connection: Connection, run: Run, measurement: Measurement) -> None:
    key: dict[str, Value | None] = {"run": run.id, "case": measurement.case.id}
    head: dict[str, Value | None] = {
        "status": measurement.status.value,
        "reason": measurement.reason,
        "remedy": measurement.remedy,
        "expected": int(measurement.expected),
        "stored": now(),
        "code": measurement.code,
    }
    figures = [
        key | {"position": position} | _figure(run, *metric)
        for position, metric in enumerate(measurement.metrics.items())
    ]
    samples = [
        key | {"operation": timing.name, "place": place, "number": number} | columns_of(sample)
        for place, timing in enumerate(measurement.timings)
        for number, sample in enumerate(timing.samples)
    ]
    connection.execute(insert(schema.measurements), key | head)
    if figures:
        connection.execute(insert(schema.metrics), figures)
    if samples:
        connection.execute(insert(schema.samples), samples)


def _figure(run: Run, name: str, value: Value) -> dict[str, Value | None]:
    known = definition(name, run)
    return {
        "name": name,
        "type": type(value).__name__,
        "number": None if isinstance(value, str) or math.isnan(value) else float(value),
        "text": value if isinstance(value, str) else None,
        "unit": None if known is None else known.unit,
    }
