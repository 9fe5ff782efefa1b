"""The clock of a timed figure of a row, also of a row that is older than the mark for it.

Rows without `{operation}_clock` are older: their speeds are by wall time, and their ratios by CPU time (on a GPU both
are the time of the device, which counts as wall time).
"""

from __future__ import annotations

from types import MappingProxyType

from assay.records.metric_catalogue import DEFINITIONS
from assay.records.results import AttentionCase, Measurement
from assay.records.verdicts import Clock

MARK = "_clock"
# What ends the name of a figure of an operation: speeds, which were by wall time, and ratios, which never were.
SPEEDS = ("seconds", "spread", "mb_per_s", "tokens_per_s")
RATIOS = ("ratio", "ratio_low", "ratio_high")
# The operation of a figure that does not carry its name.
OF_STEP = ("mb_per_s", "tokens_per_s", "flop_per_s", "gb_per_s", "overhead_seconds", "overhead_share", "overhead_bound")
OPERATION = MappingProxyType(
    {
        **dict.fromkeys(OF_STEP, "step"),
        **dict.fromkeys(("encode_mb_per_s", "encode_tokens_per_s", "full_pass_seconds"), "encode"),
        **dict.fromkeys(("fresh_mb_per_s", "fresh_tokens_per_s"), "fresh"),
        **dict.fromkeys(("decode_mb_per_s", "decode_tokens_per_s"), "decode"),
        **{f"{stage}_share": stage for stage in ("tokenize", "embed", "attend")},
    }
)
PAIRED = MappingProxyType(
    {
        **dict.fromkeys(("gemm_fraction", "stream_fraction", "roofline_fraction"), "step"),
        "copy_fraction": "encode",
    }
)
LATENCY = ("latency_p50_seconds", "latency_p99_seconds")


def ratio_clock(row: Measurement, operation: str) -> Clock:
    """Return the clock of an operation's ratio: what the row says, of an older row CPU time, on a GPU wall time."""
    elsewhere = isinstance(row.case, AttentionCase) and row.case.workload.device != "cpu"
    return _marked(row, operation) or ("wall" if elsewhere else "cpu")


def speed_clock(row: Measurement, operation: str) -> Clock:
    """Return the clock of an operation's speeds: what the row says, of an older row wall time."""
    return _marked(row, operation) or "wall"


def metric_clock(metric: str, row: Measurement) -> Clock | None:
    """Return the clock of a figure whose clock is not the same in all rows; None for any other figure."""
    operation, _, rest = metric.partition("_")
    if metric in LATENCY:
        return "cpu" if any(name.endswith(MARK) for name in row.metrics) else "wall"
    if metric == "prediction_error":
        operation = "step" if isinstance(row.case, AttentionCase) else "encode"
        return speed_clock(row, operation)
    if metric in PAIRED:
        return ratio_clock(row, PAIRED[metric])
    if metric in OPERATION:
        return speed_clock(row, OPERATION[metric])
    if metric in DEFINITIONS:
        return None
    if rest in RATIOS:
        return ratio_clock(row, operation)
    return speed_clock(row, operation) if rest in SPEEDS else None


def _marked(row: Measurement, operation: str) -> Clock | None:
    mark = row.value(f"{operation}{MARK}")
    return "cpu" if mark == "cpu" else "wall" if mark == "wall" else None
