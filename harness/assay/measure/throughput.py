"""Figures of the catalogue that come from timed samples."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from assay.measure.timer import WAITING
from assay.records.results import Metrics, ProbeTiming, Sample, Timing
from assay.records.verdicts import Clock
from assay.stats.paired_ratio import Ratio, paired_ratio, per_iteration, summarise

BUSY = 1.1
WHOLE_TEXTS, FEWEST = 3.0, 3


def waits(samples: Sequence[Sample]) -> bool:
    """Whether calls take next to no CPU time: they sleep, or another process or device does the work."""
    return bool(samples) and statistics.median(sample.cpu_ns - sample.wall_ns * WAITING for sample in samples) < 0


def busy(metrics: Metrics) -> bool:
    """Whether an operation that is timed by CPU time waited for a core more than a tenth of its wall time."""
    by_cpu = [name for name, clock in metrics.items() if name.endswith("_clock") and clock == "cpu"]
    return any(float(metrics[name.replace("_clock", "_contention")]) > BUSY for name in by_cpu)


def speeds(timing: Timing, clock: Clock, *, tokens: int, size: int | None = None) -> Metrics:
    """The throughput, by a clock, of a timed operation that handles so many tokens, and bytes, in one call."""
    summary = summarise(timing.samples, clock)
    seconds = summary.median_ns / 1e9
    prefix = "" if timing.name == "step" else f"{timing.name}_"
    return Metrics(
        {
            f"{timing.name}_clock": clock,
            f"{timing.name}_seconds": seconds,
            f"{timing.name}_wall_seconds": summary.wall_ns / 1e9,
            f"{timing.name}_spread": summary.spread,
            f"{timing.name}_contention": summary.contention,
            f"{timing.name}_samples": summary.samples,
            f"{prefix}tokens_per_s": tokens / seconds,
            f"{prefix}mb_per_s": None if size is None else size / 1e6 / seconds,
        }
    )


def repetition(encode: Timing, fresh: Timing, clock: Clock, sizes: tuple[int, int]) -> Metrics:
    """Compare the speed on the same texts with that on fresh ones; `sizes` are the bytes of a call of each.

    A cache of whole texts is found where even the fast quarter of fresh calls is three times as slow as the slow
    quarter of repeated ones; of fewer than three samples, one of which noise may have stretched, nine times.
    """
    repeated, new = (
        sorted(per_iteration(sample, clock) / max(1, size) for sample in timing.samples)
        for timing, size in zip((encode, fresh), sizes, strict=True)
    )
    if not repeated or not new:
        return Metrics()
    at_least = new[len(new) // 4] / repeated[3 * len(repeated) // 4]
    return Metrics(
        repeat_speedup=statistics.median(new) / statistics.median(repeated),
        caches_whole_texts=at_least > WHOLE_TEXTS * (1 if len(new) >= FEWEST else WHOLE_TEXTS),
    )


def comparison(operation: str, ratio: Ratio, *, itself: bool) -> Metrics:
    """The ratio of an operation to the baseline's; the baseline itself has ratio 1 and no interval."""
    metrics = Metrics({f"{operation}_ratio": ratio.value})
    if not itself and ratio.low > 0:
        metrics |= {f"{operation}_ratio_low": ratio.low, f"{operation}_ratio_high": ratio.high}
    return metrics


def machine_share(timing: Timing, clock: Clock, work: int, probe: ProbeTiming | None) -> float | None:
    """Return the share of a probe's rate that an operation reached in the same rounds, by a clock."""
    if probe is None or not probe.samples:
        return None
    return work / probe.work / paired_ratio(timing.samples, probe.samples, clock=clock).value


def full_pass(metrics: Metrics) -> Metrics:
    """What one pass over the whole corpus would take, from a sample of it; nothing for a corpus read whole."""
    if not {"sample_share", "encode_seconds"} <= metrics.keys():
        return Metrics()
    return Metrics(full_pass_seconds=float(metrics["encode_seconds"]) / float(metrics["sample_share"]))


def agreement(metrics: Metrics, operation: str) -> Metrics:
    """How far the predictions were off."""
    pairs = (
        ("prediction_error", "predicted_seconds", f"{operation}_seconds"),
        ("memory_prediction_error", "predicted_bytes", "peak_bytes"),
    )
    return Metrics(
        {
            name: float(metrics[predicted]) / float(metrics[measured]) - 1.0
            for name, predicted, measured in pairs
            if predicted in metrics and metrics.get(measured)
        }
    )
