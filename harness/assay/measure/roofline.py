"""What an attention row is credited with, and how near it came to what the machine could do in the same rounds."""

from __future__ import annotations

from collections.abc import Mapping

from assay.measure.throughput import machine_share
from assay.records.results import Metrics, ProbeTiming, Timing
from assay.records.verdicts import Clock
from assay.records.workload import Workload
from assay.stats.paired_ratio import summarise

OVERHEAD_S = 100e-6
OVERHEAD_SHARE = 0.5
STAGES = ("tokenize", "embed", "attend")


def account(workload: Workload, timing: Timing, clock: Clock, probes: Mapping[str, ProbeTiming]) -> Metrics:
    """Compute the credited work, its rates, and their shares of the probes `gemm` and `stream`.

    The roofline (Williams et al. 2009) is the time that the credited FLOP take at the rate of the product or the
    credited bytes at that of the copy, whichever is longer; the share is that time over the measured one.
    """
    seconds = summarise(timing.samples, clock).median_ns / 1e9
    flop, size = workload.flop, workload.bytes
    gemm = machine_share(timing, clock, flop, probes.get("gemm"))
    stream = machine_share(timing, clock, size, probes.get("stream"))
    return Metrics(
        credited_flop=flop,
        flop_per_s=flop / seconds,
        credited_bytes=size,
        gb_per_s=size / 1e9 / seconds,
        gemm_fraction=gemm,
        stream_fraction=stream,
        roofline_fraction=None if gemm is None or stream is None else max(gemm, stream),
    )


def overhead(metrics: Metrics) -> Metrics:
    """Compute whether a row measures the call more than the attention.

    It does where the same implementation on two positions of one item takes more than half as long; where that
    is not known, where a step takes less than 100 microseconds.
    """
    seconds = float(metrics["step_seconds"])
    if "overhead_seconds" not in metrics:
        return Metrics(overhead_bound=seconds < OVERHEAD_S)
    share = float(metrics["overhead_seconds"]) / seconds
    return Metrics(overhead_share=share, overhead_bound=share > OVERHEAD_SHARE)


def stages(metrics: Metrics) -> Metrics:
    """The share of time in each stage of a pipeline: its own time over that of all three, measured one by one."""
    seconds = {stage: float(metrics[f"{stage}_seconds"]) for stage in STAGES}
    whole = sum(seconds.values())
    return Metrics({f"{stage}_share": taken / whole for stage, taken in seconds.items()})
