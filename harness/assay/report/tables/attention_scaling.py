"""Summary tables of attention: how time and memory grow with length, and the whole way from text."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assay.records.results import AttentionCase, Measurement, Status
from assay.records.workload import Workload
from assay.report.tables.columns import shown
from assay.report.tables.results import HINT, Table
from assay.report.text.significant_digits import count, percent, three

SHORTEST = 512
CLEAR = math.log(1.05)
NOTE = f"time, memory: exponents of length from {SHORTEST} on (1 linear, 2 quadratic); last: of the two longest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How one implementation grows over the lengths of a family of workloads, as exponents of a power law.

    The exponents are slopes of log time, and log peak memory, over log length, by least squares over the lengths of
    512 and more; `last` is that of time between the two longest. None where there are fewer than two.
    """

    family: str
    plugin: str
    lengths: tuple[int, ...]
    time: float | None
    last: float | None
    memory: float | None


def scaling_tables(measurements: Sequence[Measurement]) -> tuple[Table, ...]:
    """Return a table of growth for each family of workloads that differ in length alone, and one of pipelines."""
    families = _families(measurements)
    tables = [_growth(family, rows) for family, rows in families.items()]
    return tuple(table for table in (*tables, _pipelines(measurements)) if table.rows)


def growths(family: str, rows: Sequence[Measurement]) -> Iterator[Growth]:
    """Fit each plugin's rows."""
    for plugin in dict.fromkeys(row.case.plugin for row in rows):
        own = {_length(row): row for row in rows if row.case.plugin == plugin}
        yield Growth(
            family=family,
            plugin=plugin,
            lengths=tuple(sorted(own)),
            time=_exponent(own, "step_seconds"),
            last=_exponent({length: own[length] for length in sorted(own)[-2:]}, "step_seconds"),
            memory=_exponent(own, "peak_bytes"),
        )


def crossings(rows: Sequence[Measurement]) -> Iterator[tuple[str, str, float]]:
    """Yield pairs of plugins and the length at which the second becomes the faster one.

    Their times must differ by 5 % or more on both sides. In between the ratio is taken as a power law, from the
    last length at which the first was faster to the next.
    """
    seconds: dict[str, dict[int, float]] = {}
    for row in rows:
        seconds.setdefault(row.case.plugin, {})[_length(row)] = float(row.value("step_seconds") or 0.0)
    for first, second in itertools.combinations(seconds, 2):
        shared = sorted(seconds[first].keys() & seconds[second].keys())
        logs = {length: math.log(seconds[first][length] / seconds[second][length]) for length in shared}
        clear = [length for length in shared if abs(logs[length]) > CLEAR]
        for start, end in itertools.pairwise(clear):
            if logs[start] * logs[end] < 0:
                between = [length for length in shared if start <= length <= end]
                shorter, longer = [pair for pair in itertools.pairwise(between) if _turns(logs, pair, start)][-1]
                part = logs[shorter] / (logs[shorter] - logs[longer])
                length = shorter * (longer / shorter) ** part
                yield (first, second, length) if logs[start] < 0 else (second, first, length)


def _turns(logs: Mapping[int, float], pair: tuple[int, int], start: int) -> bool:
    """Return whether the sign is still that of the start at the first of two lengths, and no more at the second."""
    return logs[pair[0]] * logs[start] > 0 >= logs[pair[1]] * logs[start]


def _families(measurements: Sequence[Measurement]) -> Mapping[str, list[Measurement]]:
    """Return rows with a time, by their workload without its length; families of several lengths only."""
    found: dict[str, list[Measurement]] = {}
    for row in measurements:
        if isinstance(row.case, AttentionCase) and row.status is Status.OK and row.case.workload.level != "pipeline":
            found.setdefault(family(row.case.workload), []).append(row)
    return {family: rows for family, rows in found.items() if len({_length(row) for row in rows}) > 1}


def family(workload: Workload) -> str:
    """Name the workloads that differ from this one in length alone."""
    anonymous = replace(workload, source=None)
    if workload.q_len == workload.kv_len:
        return anonymous.id.replace(f".s{workload.q_len}.d", ".s*.d", 1)
    return anonymous.id.replace(f".s{workload.q_len}:{workload.kv_len}.d", f".s{workload.q_len}:*.d", 1)


def _length(row: Measurement) -> int:
    assert isinstance(row.case, AttentionCase)
    return row.case.workload.kv_len


def _exponent(rows: Mapping[int, Measurement], metric: str) -> float | None:
    points = [
        (math.log(length), math.log(float(value)))
        for length, row in rows.items()
        if length >= SHORTEST and (value := row.value(metric))
    ]
    return statistics.linear_regression(*zip(*points, strict=True)).slope if len(points) > 1 else None


def _growth(family: str, rows: Sequence[Measurement]) -> Table:
    lengths = sorted({_length(row) for row in rows})
    found = {(row.case.plugin, _length(row)): row for row in rows}
    figures = (*map(str, lengths), "time", "last", "memory")
    return Table(
        title=f"growth with length, milliseconds: {family}",
        columns=("attention", *figures),
        rows=tuple(
            (
                growth.plugin,
                *(shown(found.get((growth.plugin, length)), "step_seconds", 1e3) for length in lengths),
                *("-" if power is None else f"{power:.2f}" for power in (growth.time, growth.last, growth.memory)),
            )
            for growth in growths(family, rows)
        ),
        numeric=frozenset(figures),
        notes=(
            NOTE,
            *(
                f"{second} is faster than {first} from about {length:,.0f} positions on"
                for first, second, length in crossings(rows)
            ),
        ),
    )


def _pipelines(measurements: Sequence[Measurement]) -> Table:
    figures = ("kB/s", "tokenize", "embed", "attend", "MFLOP per kB", "bytes in a context")
    return Table(
        title="from text to attention: bytes of text per second, and where the time goes",
        columns=("tokenizer", "attention", *figures, "status"),
        rows=tuple(
            (
                row.case.workload.source.tokenizer if row.case.workload.source else "-",
                row.case.plugin,
                shown(row, "mb_per_s", 1e3),
                *(shown(row, f"{stage}_share", formatter=percent) for stage in ("tokenize", "embed", "attend")),
                shown(row, "flop_per_kb", 1e-6, lambda value, _: three(value)),
                shown(row, "context_bytes", formatter=count),
                row.status.value,
            )
            for row in measurements
            if isinstance(row.case, AttentionCase)
            and row.case.workload.level == "pipeline"
            and row.status is not Status.UNSUPPORTED
        ),
        numeric=frozenset(figures),
        drop_order=("MFLOP per kB", "embed", "bytes in a context", "attend", "tokenize"),
        hint=HINT,
    )
