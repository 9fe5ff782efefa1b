"""The JSON of pytest-benchmark, both ways: its sessions for us to judge, our runs for its `compare`."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.comparison.row_timings import readings
from assay.comparison.session_drift import Readings, Session, minor
from assay.errors import AssayError
from assay.records.flat_rows import names_of
from assay.records.metric_catalogue import definition
from assay.records.metric_clock import speed_clock
from assay.records.results import Measurement, Run, Timing, Value

TIMER = "perf_counter"
SAVING = "save it with --benchmark-json FILE, or with --benchmark-save-data"
FINER = f"use a finer --benchmark-timer, and {SAVING}"


def read(path: str | Path) -> Session:
    """Read a file as a session to judge.

    Raises `AssayError` for what is not JSON of pytest-benchmark, or has no raw data.
    """
    try:
        content = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise AssayError(f"{path} cannot be read: {error.strerror}", remedy=SAVING) from None
    except ValueError as error:
        raise AssayError(f"{path} is not valid JSON: {error}", remedy=SAVING) from None
    session = of_document(content, str(path))
    for name, cell in session.cells.items():
        if not all(cell.seconds):
            raise AssayError(f"{path} has times of {name} that are zero", remedy=FINER)
    return session


def of_document(content: object, source: str) -> Session:
    """Take a document that is parsed already as a session to judge; raises as `read` does, but not for times of zero.

    Machine type, processor, cores, operating system and Python (implementation and minor version) must agree; the
    name of the machine and the release of its system need not.
    """
    if not isinstance(content, dict) or not isinstance(content.get("benchmarks"), list):
        raise AssayError(f"{source} is not JSON of pytest-benchmark: it lists no benchmarks", remedy=SAVING)
    cells = dict(_cell(item, source) for item in content["benchmarks"])
    if len(cells) < len(content["benchmarks"]):
        raise AssayError(f"{source} holds two benchmarks of one name", remedy=SAVING)
    info = content.get("machine_info")
    machine = info if isinstance(info, dict) else {}
    cpu = machine.get("cpu") or {}
    python = f"{machine.get('python_implementation', '')} {minor(str(machine.get('python_version', '')))}"
    fields = {
        "machine": machine.get("machine"),
        "processor": cpu.get("brand_raw") or cpu.get("brand") or machine.get("processor"),
        "cores": cpu.get("count"),
        "system": machine.get("system"),
        "python": python.strip(),
    }
    environment = {name: str(value) for name, value in fields.items() if value}
    return Session(source=source, environment=environment, cells=cells)


def of_run(run: Run, measurements: Sequence[Measurement]) -> dict[str, Any]:
    """Write a run as pytest-benchmark would: a benchmark for each timed operation, in seconds by its clock.

    The timer is named accordingly: `process_time` for CPU time, `perf_counter` for wall time. Exact metrics
    stand in `extra_info`; what has no timings is left out.
    """
    facts = run.environment
    python, _, version = facts.get("python", "").partition(" ")
    platform = facts.get("platform", "")
    return {
        "machine_info": {
            "node": "",
            "processor": facts.get("processor", ""),
            "machine": "",
            "python_implementation": python,
            "python_version": version,
            "system": platform.partition("-")[0],
            "platform": platform,
            "cpu": {"brand_raw": facts.get("processor", ""), "count": int(facts.get("cores", 0))},
        },
        "commit_info": {"id": facts.get("git", "").rstrip("+"), "dirty": facts.get("git", "").endswith("+")},
        "benchmarks": [_written(run, row, timing) for row in measurements for timing in row.timings if timing.samples],
        "datetime": run.finished or run.started,
        "version": f"assay {facts.get('assay', 'of an unknown version')}",
    }


def _cell(item: object, source: str) -> tuple[str, Readings]:
    if not isinstance(item, dict) or not isinstance(item.get("fullname"), str):
        raise AssayError(f"{source} is not JSON of pytest-benchmark: a benchmark has no name", remedy=SAVING)
    name = item["fullname"]
    data = (item.get("stats") or {}).get("data")
    if not data:
        raise AssayError(f"{source} has no raw data of {name}", remedy=SAVING)
    if not all(isinstance(value, int | float) and math.isfinite(value) and value >= 0 for value in data):
        raise AssayError(f"{source} has times of {name} that are not valid", remedy=SAVING)
    timer = (item.get("options") or {}).get("timer", TIMER)
    return name, Readings(seconds=tuple(map(float, data)), timer=timer)


def _written(run: Run, row: Measurement, timing: Timing) -> dict[str, Any]:
    case = row.case
    name = f"{case.id}/{timing.name}"
    taken = readings(row, timing.name, speed_clock(row, timing.name))
    assert taken is not None
    iterations = int(statistics.median(sample.iterations for sample in timing.samples))
    exact = {name: value for name, value in row.metrics.items() if _exact(run, name, value)}
    return {
        "group": f"{case.group}/{timing.name}",
        "name": name,
        "fullname": name,
        "params": names_of(case) | {"operation": timing.name},
        "param": case.plugin,
        "extra_info": exact,
        "options": {"timer": taken.timer, "disable_gc": True},
        "stats": summarise(taken.seconds) | {"data": list(taken.seconds), "iterations": iterations},
    }


def summarise(seconds: Sequence[float]) -> dict[str, Any]:
    """Return the figures of pytest-benchmark over at least one sample, in seconds per call, by its definitions."""
    ordered = sorted(seconds)
    mean, total = statistics.fmean(seconds), math.fsum(seconds)
    stddev = statistics.stdev(seconds) if len(seconds) > 1 else 0.0
    q1, q3 = _hinge(ordered), _hinge(ordered[::-1])
    fence = 1.5 * (q3 - q1)
    within = [value for value in ordered if q1 - fence <= value <= q3 + fence]
    wild = sum(not mean - stddev <= value <= mean + stddev for value in seconds)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": stddev,
        "rounds": len(seconds),
        "median": statistics.median(seconds),
        "iqr": q3 - q1,
        "q1": q1,
        "q3": q3,
        "iqr_outliers": len(seconds) - len(within),
        "stddev_outliers": wild,
        "outliers": f"{wild};{len(seconds) - len(within)}",
        "ld15iqr": within[0],
        "hd15iqr": within[-1],
        "ops": len(seconds) / total if total else 0.0,
        "total": total,
    }


def _hinge(values: Sequence[float]) -> float:
    """Return the quartile nearer to the start: the half's median, or for odd counts between its two neighbours."""
    quarter, rest = divmod(len(values), 4)
    if len(values) == 1:
        return values[0]
    if rest == 1:
        return 0.25 * values[quarter - 1] + 0.75 * values[quarter]
    if rest == 3:
        return 0.75 * values[quarter] + 0.25 * values[quarter + 1]
    return statistics.median(values[: len(values) // 2])


def _exact(run: Run, name: str, value: Value) -> bool:
    known = definition(name, run)
    finite = not isinstance(value, float) or math.isfinite(value)
    return known is not None and known.exact and finite
