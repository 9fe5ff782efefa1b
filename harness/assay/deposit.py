"""Putting what a group of cases came to into the tables of the store."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import Connection, insert

from assay import schema
from assay.records import GroupResult, Measurement
from assay.visible import encodable


def deposit(connection: Connection, run: str, result: GroupResult) -> None:
    """Write the measurements and anchors of a group, within the transaction of the caller."""
    for measurement in result.measurements:
        _add(connection, run, measurement)
    readings = [
        {"run": run, "group": anchor.group, "name": anchor.name, "work": anchor.work, "number": number} | asdict(sample)
        for anchor in result.anchors
        for number, sample in enumerate(anchor.samples)
    ]
    if readings:
        connection.execute(insert(schema.anchors), readings)


def now() -> str:
    """The time in UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _text(value: str | None) -> str | None:
    """Text as a database takes it."""
    return None if value is None else encodable(value)


def _add(connection: Connection, run: str, measurement: Measurement) -> None:
    key: dict[str, str | int | float | None] = {"run": run, "case": measurement.case.id}
    head: dict[str, str | int | float | None] = {
        "status": measurement.status.value,
        "reason": _text(measurement.reason),
        "remedy": _text(measurement.remedy),
        "expected": int(measurement.expected),
        "stored": now(),
    }
    figures: list[dict[str, str | int | float | None]] = [
        {
            "position": position,
            "name": metric.name,
            "type": type(metric.value).__name__,
            "number": None if isinstance(metric.value, str) else float(metric.value),
            "text": _text(metric.value) if isinstance(metric.value, str) else None,
        }
        for position, metric in enumerate(measurement.metrics)
    ]
    readings = [
        {"run": run, "case": measurement.case.id, "operation": timing.name, "place": place, "number": number}
        | asdict(sample)
        for place, timing in enumerate(measurement.timings)
        for number, sample in enumerate(timing.samples)
    ]
    connection.execute(insert(schema.measurements), key | head)
    if figures:
        connection.execute(insert(schema.metrics), [key | figure for figure in figures])
    if readings:
        connection.execute(insert(schema.samples), readings)
