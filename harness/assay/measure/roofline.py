"""What an attention row is credited with, and how near it came to what the machine could do in the same rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assay.measure.throughput import machine_share
from assay.records.results import Metric, ProbeTiming, Timing
from assay.records.workload import Workload
from assay.stats.paired_ratio import summarise

OVERHEAD_S = 100e-6
OVERHEAD_SHARE = 0.5
STAGES = ("tokenize", "embed", "attend")


def account(workload: Workload, timing: Timing, probes: Mapping[str, ProbeTiming]) -> tuple[Metric, ...]:
    """Compute the credited work, its rates, and their shares of the probes `gemm` and `stream`.

    The roofline (Williams et al. 2009) is the time that the credited FLOP take at the rate of the product or the
    credited bytes at that of the copy, whichever is longer; the share is that time over the measured one.
    """
    seconds = summarise(timing.samples).median_ns / 1e9
    flop, size = workload.flop, workload.bytes
    shares = (
        *machine_share(timing, flop, "gemm_fraction", probes.get("gemm")),
        *machine_share(timing, size, "stream_fraction", probes.get("stream")),
    )
    roofline = Metric(name="roofline_fraction", value=max((float(share.value) for share in shares), default=0.0))
    return (
        Metric(name="credited_flop", value=flop),
        Metric(name="flop_per_s", value=flop / seconds),
        Metric(name="credited_bytes", value=size),
        Metric(name="gb_per_s", value=size / 1e9 / seconds),
        *shares,
        *((roofline,) if len(shares) == 2 else ()),
    )


def overhead(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """Compute whether a row measures the call more than the attention.

    It does where the same implementation on two positions of one item takes more than half as long; where that
    is not known, where a step takes less than 100 microseconds.
    """
    figures = {metric.name: float(metric.value) for metric in metrics if not isinstance(metric.value, str)}
    seconds = figures["step_seconds"]
    if "overhead_seconds" not in figures:
        return (Metric(name="overhead_bound", value=seconds < OVERHEAD_S),)
    share = figures["overhead_seconds"] / seconds
    return Metric(name="overhead_share", value=share), Metric(name="overhead_bound", value=share > OVERHEAD_SHARE)


def stages(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """The share of time in each stage of a pipeline: its own time over that of all three, measured one by one."""
    figures = {metric.name: float(metric.value) for metric in metrics if not isinstance(metric.value, str)}
    whole = sum(figures[f"{stage}_seconds"] for stage in STAGES)
    return tuple(Metric(name=f"{stage}_share", value=figures[f"{stage}_seconds"] / whole) for stage in STAGES)
