"""Summary tables of attention: how time and memory grow with length, and the whole way from text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assay.records.metric_clock import ratio_clock
from assay.records.results import AttentionCase, Measurement, Status
from assay.records.workload import Workload
from assay.report.tables.columns import shown, status_cell
from assay.report.tables.crossovers import crossovers
from assay.report.tables.results import HINT, Table, is_approximate
from assay.report.text.significant_digits import count, exponent_text, percent, three
from assay.stats.paired_ratio import summarise
from assay.stats.power_law import Exponent, fit_power_law, over_epochs

SHORTEST = 512
NOTE = (
    f"time, memory: exponents of length from {SHORTEST} on (1 linear, 2 quadratic); last: of the two longest; those of"
    " time with their 95 % intervals over three epochs or more"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How one implementation grows over the lengths of a family of workloads, as exponents of a power law.

    The exponents are slopes of log time, and log peak memory, over log length, by least squares over the lengths of
    512 and more; `last` is that of time between the two longest. None where there are fewer than two lengths.
    Those of time are means over epochs, by the clock of the ratio; a half width is half of the 95 % interval. None
    where there are fewer than three epochs.
    """

    family: str
    plugin: str
    lengths: tuple[int, ...]
    time: float | None
    last: float | None
    memory: float | None
    time_half_width: float | None = None
    last_half_width: float | None = None


def scaling_tables(measurements: Sequence[Measurement]) -> tuple[Table, ...]:
    """Return a table of growth for each family of workloads that differ in length alone, and one of pipelines."""
    families = _families(measurements)
    tables = [_growth(family, rows) for family, rows in families.items()]
    return tuple(table for table in (*tables, _pipelines(measurements)) if table.rows)


def growths(family: str, rows: Sequence[Measurement]) -> Iterator[Growth]:
    """Fit each plugin's rows."""
    for plugin in dict.fromkeys(row.case.plugin for row in rows):
        own = {_length(row): row for row in rows if row.case.plugin == plugin}
        time = _of_time(own)
        last = _of_time({length: own[length] for length in sorted(own)[-2:]})
        memory = [(length, float(peak)) for length, row in _long(own).items() if (peak := row.value("peak_bytes"))]
        fitted = fit_power_law(memory)
        yield Growth(
            family=family,
            plugin=plugin,
            lengths=tuple(sorted(own)),
            time=None if time is None else time.value,
            last=None if last is None else last.value,
            memory=None if fitted is None else fitted.value,
            time_half_width=None if time is None else time.half_width,
            last_half_width=None if last is None else last.half_width,
        )


def _of_time(rows: Mapping[int, Measurement]) -> Exponent | None:
    """Return the exponent of time over the epochs that all of these lengths have, by the clock that all have."""
    long = _long(rows)
    clocks = {ratio_clock(row, "step") for row in long.values()}
    if len(clocks) != 1:
        return None
    (clock,) = clocks
    medians: dict[int, dict[int, float]] = {}
    for length, row in long.items():
        samples = row.samples("step")
        for epoch in {sample.epoch for sample in samples}:
            own = [sample for sample in samples if sample.epoch == epoch]
            medians.setdefault(epoch, {})[length] = summarise(own, clock).median_ns
    fits = [fit_power_law([*found.items()]) for found in medians.values() if len(found) == len(long)]
    return over_epochs([fit.value for fit in fits if fit is not None])


def _long(rows: Mapping[int, Measurement]) -> Mapping[int, Measurement]:
    return {length: row for length, row in rows.items() if length >= SHORTEST}


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
                exponent_text(growth.time, growth.time_half_width),
                exponent_text(growth.last, growth.last_half_width),
                "-" if growth.memory is None else f"{growth.memory:.2f}",
            )
            for growth in growths(family, rows)
        ),
        numeric=frozenset(figures),
        notes=(
            NOTE,
            *map(str, crossovers({(row.case.plugin, _length(row)): row for row in rows if not is_approximate(row)})),
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
                status_cell(row),
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
