"""What an attention row is credited with, and how near it came to what the machine could do in the same rounds."""

from __future__ import annotations

from collections.abc import Mapping

from assay.measure.throughput import machine_share
from assay.records.results import Metrics, ProbeTiming, Timing
from assay.records.verdicts import Clock
from assay.records.workload import Workload
from assay.stats.paired_ratio import least_ns, summarise

OVERHEAD_S = 100e-6
OVERHEAD_SHARE = 0.5
PRODUCT_MARGIN = 1.05
COPY_MARGIN = 1.5  # a copy reads what it writes into as well, so that only reading can be 1.5 times faster
TEXT_MARGIN = 1.05
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


def attention_limit(workload: Workload, timing: Timing, clock: Clock, probes: Mapping[str, ProbeTiming]) -> str | None:
    """Return that a row is faster than this machine can compute or move what it must, or None."""
    return _limit(
        timing,
        clock,
        (least_flop(workload), probes.get("gemm"), PRODUCT_MARGIN, "the rate of its best matrix product"),
        (workload.bytes, probes.get("own-copy"), COPY_MARGIN, "the rate of a copy of as many bytes"),
    )


def text_limit(size: int, timing: Timing, clock: Clock, probes: Mapping[str, ProbeTiming]) -> str | None:
    """Return that a tokenizer is faster than a copy of its text, or None."""
    return _limit(timing, clock, (size, probes.get("copy"), TEXT_MARGIN, "the rate of a copy of the text"))


def _limit(timing: Timing, clock: Clock, *limits: tuple[int, ProbeTiming | None, float, str]) -> str | None:
    """Compare the median of a row with the best sample of each probe, which a busy machine leaves alone."""
    seconds = summarise(timing.samples, clock).median_ns
    for work, probe, margin, what in limits:
        if probe is not None and probe.samples:
            times = work / probe.work * least_ns(probe.samples, clock) / seconds
            if times > margin:
                return f"limit: faster than this machine can: {times:.3g} times {what}"
    return None


def least_flop(workload: Workload) -> int:
    """Return the FLOP that no way of computing a workload can save.

    They are fewer than those credited backward, where the scores can be kept instead of computed again. Linear
    attention on short texts can be computed by scores. Scores without weights are symmetric. Projections can be merged.
    """
    scores = workload.d_qk // 2 if workload.semantics.kind == "weightless" else workload.d_qk
    forward = 2 * workload.q_heads * workload.pairs * (scores + workload.d_v)
    flop = {"fwd": forward, "bwd": 2 * forward, "fwd_bwd": 3 * forward}[workload.phase]
    return min(flop, workload.flop)


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
