"""The writer: the results of a group of cases into the tables of the store."""

from __future__ import annotations

import math

from sqlalchemy import Connection, insert

from assay.environment.describe import now
from assay.records.metric_catalogue import definition
from assay.records.results import GroupResult, Measurement, Run, Sample, Value
from assay.store import digests, schema
from assay.store.reader import FIGURE, HEAD, PROBE, SAMPLE, columns, gather

Row = dict[str, Value | None]


def write(connection: Connection, run: Run, result: GroupResult) -> None:
    """Write the measurements and machine probes of a group, within the transaction of the caller."""
    rows = result.measurements
    heads = [_head(run, row) for row in rows]
    figures = [figure for row in rows for figure in _figures(run, row)]
    samples = [sample for row in rows for sample in _samples(run, row)]
    probes = [
        Row({"run": run.id, "group": probe.group, "name": probe.name, "work": probe.work, "number": number})
        | columns_of(sample)
        for probe in result.probes
        for number, sample in enumerate(probe.samples)
    ]
    tables = (
        (schema.measurements, heads, HEAD),
        (schema.metrics, figures, FIGURE),
        (schema.samples, samples, SAMPLE),
        (schema.anchors, probes, PROBE),
    )
    for table, found, _ in tables:
        if found:
            connection.execute(insert(table), found)
    stored = gather(*(columns(found, names) for _, found, names in tables))
    digests.add(connection, run.id, digests.of_rows(stored))


def columns_of(sample: Sample) -> Row:
    """Return a sample by the names of the columns that it is stored in."""
    return {"loops": sample.iterations, "wall_ns": sample.wall_ns, "cpu_ns": sample.cpu_ns, "epoch": sample.epoch}


def _head(run: Run, measurement: Measurement) -> Row:
    return {
        "run": run.id,
        "case": measurement.case.id,
        "status": measurement.status.value,
        "reason": measurement.reason,
        "remedy": measurement.remedy,
        "expected": int(measurement.expected),
        "stored": now(),
        "code": measurement.code,
    }


def _figures(run: Run, measurement: Measurement) -> list[Row]:
    key: Row = {"run": run.id, "case": measurement.case.id}
    return [
        key | {"position": position} | _figure(run, *metric)
        for position, metric in enumerate(measurement.metrics.items())
    ]


def _samples(run: Run, measurement: Measurement) -> list[Row]:
    key: Row = {"run": run.id, "case": measurement.case.id}
    return [
        key | {"operation": timing.name, "place": place, "number": number} | columns_of(sample)
        for place, timing in enumerate(measurement.timings)
        for number, sample in enumerate(timing.samples)
    ]


def _figure(run: Run, name: str, value: Value) -> Row:
    known = definition(name, run)
    return {
        "name": name,
        "type": type(value).__name__,
        "number": None if isinstance(value, str) or math.isnan(value) else float(value),
        "text": value if isinstance(value, str) else None,
        "unit": None if known is None else known.unit,
    }
