"""The timings of a stored row: readings, a median, and the ratio to the baseline of its group."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from assay.comparison.session_drift import Readings
from assay.records.metric_clock import metric_clock, ratio_clock
from assay.records.results import FRESH, Measurement, Status, Value
from assay.records.verdicts import Clock
from assay.stats.paired_ratio import Ratio, paired_ratio, summarise

TIMERS: dict[Clock, str] = {"cpu": "process_time", "wall": "perf_counter"}
SAMPLES = "_samples"


def operations(row: Measurement) -> tuple[str, ...]:
    """Return what is judged of a row that is ok: what was timed, but for fresh text; also from its figures alone."""
    if row.status is not Status.OK:
        return ()
    counted = (name.removesuffix(SAMPLES) for name in row.metrics if name.endswith(SAMPLES))
    return tuple(name for name in dict.fromkeys([*(one.name for one in row.timings), *counted]) if name != FRESH)


def median_s(row: Measurement, operation: str, clock: Clock) -> float | None:
    """Return the median time of a call in seconds by a clock, where it is known.

    It comes from the samples; where they were not kept, from the figure of the row that is by this clock.
    """
    value: Value | None
    if samples := row.samples(operation):
        value = summarise(samples, clock).median_ns / 1e9
    elif metric_clock(f"{operation}_seconds", row) == clock:
        value = row.value(f"{operation}_seconds")
    else:
        value = row.value(f"{operation}_wall_seconds") if clock == "wall" else None
    return float(value) if isinstance(value, int | float) and 0.0 < value < math.inf else None


def readings(row: Measurement, operation: str, clock: Clock) -> Readings | None:
    """Return all samples of an operation, in seconds per call; None where they were not kept."""
    samples = row.samples(operation)
    if not samples:
        return None
    taken = ((one.cpu_ns if clock == "cpu" else one.wall_ns) / one.iterations / 1e9 for one in samples)
    return Readings(seconds=tuple(taken), timer=TIMERS[clock])


def epochs(row: Measurement, operation: str, settings: str) -> int:
    """Return how many processes, one after the other, timed an operation; without samples what the run asked for."""
    found = {sample.epoch for sample in row.samples(operation)}
    return len(found) or int(json.loads(settings).get("epochs") or 1)


def ratio_to_baseline(
    row: Measurement, rows: Mapping[str, Measurement], operation: str, clock: Clock, settings: str
) -> Ratio | None:
    """Return the ratio to the baseline of the row's group; None for the baseline itself, and where there is no ratio.

    `rows` are those of the run by the ids of their cases. The ratio comes from the samples of both, paired by rounds;
    where they were not kept, from the figures of the row.
    """
    plugin = row.value("baseline")
    if not isinstance(plugin, str) or plugin == row.case.plugin:
        return None
    partner = rows.get(f"{row.case.group}/{plugin}")
    ours, theirs = row.samples(operation), () if partner is None else partner.samples(operation)
    if {sample.epoch for sample in ours} & {sample.epoch for sample in theirs}:
        return paired_ratio(ours, theirs, clock=clock)
    value, low, high = (row.value(f"{operation}_ratio{end}") for end in ("", "_low", "_high"))
    if ours or clock != ratio_clock(row, operation) or not isinstance(value, float) or not 0.0 < value < math.inf:
        return None
    pairs = row.value(f"{operation}{SAMPLES}")
    return Ratio(
        value=value,
        low=low if isinstance(low, float) else 0.0,
        high=high if isinstance(high, float) else math.inf,
        pairs=pairs if isinstance(pairs, int) else 0,
        epochs=epochs(row, operation, settings),
    )
