"""Figures of attention: growth with length, what the machine allows, memory, error, and the way from text."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

import assay
from assay_html.escape import short
from assay_html.figure import Figure
from assay_html.shapes import dots, heat, lines, polyline, scatter
from assay_html.values import between, number, plus_minus, rows_of, table, three

Data = list[dict[str, object]]


def figures(outcome: assay.Outcome) -> Iterator[Figure]:
    """Yield the figures that the run has data for."""
    rows = [row for row in rows_of(outcome, assay.AttentionCase) if row.status is assay.Status.OK]
    steps = [row for row in rows if _workload(row).level != "pipeline"]
    yield from _lengths(steps)
    yield from _roofline(steps)
    yield from _memory(steps)
    yield from _error(steps)
    yield from _pipeline([row for row in rows if row not in steps])


def _lengths(rows: Sequence[assay.Measurement]) -> Iterator[Figure]:
    families: dict[str, list[assay.Measurement]] = {}
    for row in rows:
        families.setdefault(assay.family(_workload(row)), []).append(row)
    for place, (family, members) in enumerate(families.items(), 1):
        lengths = {_length(row) for row in members}
        if len(lengths) < 2:
            continue
        exponents = {growth.plugin: growth for growth in assay.growths(family, members)}
        data: Data = [
            {
                "attention": _labelled(exponents[row.case.plugin]),
                "length": _length(row),
                "value": value * 1e3,
                **between(row, spread="step_spread", value=value * 1e3),
            }
            for row in sorted(members, key=_length)
            if (value := number(row, "step_seconds")) is not None
        ]
        yield Figure(
            id=f"chart-length-{place}",
            section="attention",
            title=f"Time of a step by length: {short(family)}",
            says="Both axes are logarithmic, so that a power law is a straight line; the number behind a name is its"
            " exponent from 512 positions on (1 linear, 2 quadratic) with its 95 % interval over three epochs or more;"
            " without these it has none. The band is half the distance between the quartiles to both sides. Time is by"
            " the clock of the ratio. An exponent holds for the lengths shown.",
            spec=lines(data, x="length", y="value", colour="attention", titles=("positions", "milliseconds")),
            columns=("attention", "positions", "milliseconds", "spread"),
            rows=table(data, ("attention", "length", "value"), three),
            alt=f"Time of a step over {len(lengths)} lengths for {len(exponents)} implementations",
        )


def _roofline(rows: Sequence[assay.Measurement]) -> Iterator[Figure]:
    data: Data = []
    peaks: list[float] = []
    rates: list[float] = []
    for row in rows:
        work, moved, rate = (number(row, name) for name in ("credited_flop", "credited_bytes", "flop_per_s"))
        if not (work and moved and rate):
            continue
        data.append(
            {
                "attention": short(row.case.plugin),
                "workload": short(row.case.group),
                "intensity": work / moved,
                "value": rate,
            }
        )
        gemm, copy, stream = (number(row, name) for name in ("gemm_fraction", "stream_fraction", "gb_per_s"))
        peaks += [rate / gemm] if gemm else []
        rates += [stream * 1e9 / copy] if copy and stream else []
    if not (data and peaks and rates):
        return
    peak, rate = statistics.median(peaks), statistics.median(rates)
    reach = [float(str(point["intensity"])) for point in data]
    low, high = min(*reach, peak / rate) / 2, max(*reach, peak / rate) * 2
    yield Figure(
        id="chart-roofline",
        section="attention",
        title="Roofline",
        says="Work that the semantics ask for, per second, over the work per byte that must be moved. The dashed roof"
        " is what this machine did in the same rounds: a matrix product, and a copy of memory (medians of the run)."
        " A step far below it spends its time on something else. Sizes that fit a cache can lie above the slope.",
        spec=scatter(
            data,
            x="intensity",
            y="value",
            colour="attention",
            titles=("FLOP per byte", "FLOP per second"),
            over=(polyline([(low, low * rate), (peak / rate, peak), (high, peak)]),),
        ),
        columns=("attention", "workload", "FLOP per byte", "FLOP/s", ""),
        rows=table(data, ("attention", "workload", "intensity", "value"), three),
        alt=f"Roofline of {len(data)} rows: peak {three(peak)} FLOP/s, copying {three(rate)} bytes/s",
    )


def _memory(rows: Sequence[assay.Measurement]) -> Iterator[Figure]:
    data: Data = [
        {
            "attention": short(row.case.plugin),
            "workload": short(row.case.group),
            "predicted": predicted / 2**20,
            "measured": measured / 2**20,
        }
        for row in rows
        if (predicted := number(row, "predicted_bytes")) and (measured := number(row, "peak_bytes"))
    ]
    if data:
        ends = [float(str(point[name])) for point in data for name in ("predicted", "measured")]
        diagonal = [(min(ends), min(ends)), (max(ends), max(ends))]
        yield Figure(
            id="chart-memory",
            section="attention",
            title="Memory, predicted and measured",
            says="What torch allocates in a step at most, against what was predicted before it ran. On the dashed line"
            " the two agree; above it a step takes more than was said. Inputs and weights are not counted.",
            spec=scatter(
                data,
                x="predicted",
                y="measured",
                colour="attention",
                titles=("MiB predicted", "MiB measured"),
                over=(polyline(diagonal),),
                pattern="~g",
            ),
            columns=("attention", "workload", "MiB predicted", "MiB measured", ""),
            rows=table(data, ("attention", "workload", "predicted", "measured"), three),
            alt=f"Predicted and measured memory of {len(data)} rows",
        )


def _error(rows: Sequence[assay.Measurement]) -> Iterator[Figure]:
    worst: dict[str, tuple[float, float, str]] = {}
    for row in rows:
        error, naive = number(row, "error"), number(row, "naive_error")
        if error is not None and naive:
            share = error / naive
            name = short(row.case.plugin)
            if name not in worst or share > worst[name][0]:
                worst[name] = share, error, short(row.case.group)
    data: Data = [
        {"attention": name, "value": max(share, 1e-3), "error": error, "workload": workload}
        for name, (share, error, workload) in worst.items()
    ]
    if data:
        yield Figure(
            id="chart-error",
            section="attention",
            title="Error in units of the naive error",
            says="The largest difference from a float64 reference over that of the definition written out in the row's"
            " own precision, at the workload where it is largest. At 2, and a little slack, a row is refused."
            " Below 1 it rounds less than the definition does.",
            spec=dots(
                data, x="value", y="attention", title="error / naive error, logarithmic", rule=(1.0, 2.0), type="log"
            ),
            columns=("attention", "workload", "error / naive", ""),
            rows=table(data, ("attention", "workload", "value"), three),
            alt=f"Error of {len(data)} implementations in units of the naive error",
        )


def _pipeline(rows: Sequence[assay.Measurement]) -> Iterator[Figure]:
    data: Data = [
        {"tokenizer": short(source.tokenizer), "attention": short(row.case.plugin), "value": value * 1e3}
        for row in rows
        if (source := _workload(row).source) is not None and (value := number(row, "mb_per_s")) is not None
    ]
    if data:
        yield Figure(
            id="chart-pipeline",
            section="pipeline",
            title="Text per second, from tokenizer to attention",
            says="Kilobytes of text per second through tokenizing, windows, embedding and attention together; darker is"
            " faster. Tokenizers were measured one after the other, not in turn, so compare within a line first.",
            spec=heat(data, x="attention", y="tokenizer", value="value", pattern=".3~s"),
            columns=("tokenizer", "attention", "kB/s", ""),
            rows=table(data, ("tokenizer", "attention", "value"), three),
            alt=f"Text per second of {len(data)} pairs of tokenizer and attention",
        )


def _workload(row: assay.Measurement) -> assay.Workload:
    assert isinstance(row.case, assay.AttentionCase)
    return row.case.workload


def _length(row: assay.Measurement) -> int:
    return _workload(row).kv_len


def _labelled(growth: assay.Growth) -> str:
    name, exponent, half = short(growth.plugin), growth.time, growth.time_half_width
    return name if exponent is None or half is None else f"{name}, {plus_minus(exponent, half)}"
