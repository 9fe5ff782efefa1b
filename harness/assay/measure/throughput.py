"""Figures of the catalogue that come from timed samples."""

from __future__ import annotations

from collections.abc import Sequence

from assay.records.results import Metric, ProbeTiming, Timing
from assay.stats.paired_ratio import Ratio, paired_ratio, summarise


def speeds(timing: Timing, *, tokens: int, size: int | None = None) -> tuple[Metric, ...]:
    """The throughput of a timed operation that handles so many tokens, and bytes, in one call."""
    summary = summarise(timing.samples)
    seconds = summary.median_ns / 1e9
    prefix = "" if timing.name == "step" else f"{timing.name}_"
    metrics = [
        Metric(name=f"{timing.name}_seconds", value=seconds),
        Metric(name=f"{timing.name}_spread", value=summary.spread),
        Metric(name=f"{timing.name}_contention", value=summary.contention),
        Metric(name=f"{timing.name}_samples", value=summary.samples),
        Metric(name=f"{prefix}tokens_per_s", value=tokens / seconds),
    ]
    if size is not None:
        metrics.append(Metric(name=f"{prefix}mb_per_s", value=size / 1e6 / seconds))
    return tuple(metrics)


def comparison(operation: str, ratio: Ratio, *, itself: bool) -> tuple[Metric, ...]:
    """The ratio of an operation to the baseline's; the baseline itself has ratio 1 and no interval."""
    metrics = [Metric(name=f"{operation}_ratio", value=ratio.value)]
    if not itself and ratio.low > 0:
        metrics += [
            Metric(name=f"{operation}_ratio_low", value=ratio.low),
            Metric(name=f"{operation}_ratio_high", value=ratio.high),
        ]
    return tuple(metrics)


def machine_share(timing: Timing, work: int, name: str, probe: ProbeTiming | None) -> tuple[Metric, ...]:
    """The share of a probe's rate that an operation reached in the same rounds, by CPU time."""
    if probe is None or not probe.samples:
        return ()
    share = work / probe.work / paired_ratio(timing.samples, probe.samples).value
    return (Metric(name=name, value=share),)


def full_pass(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """What one pass over the whole corpus would take, from a sample of it; nothing for a corpus read whole."""
    figures = {metric.name: metric.value for metric in metrics}
    if not {"sample_share", "encode_seconds"} <= figures.keys():
        return ()
    return (Metric(name="full_pass_seconds", value=float(figures["encode_seconds"]) / float(figures["sample_share"])),)


def agreement(metrics: Sequence[Metric], operation: str) -> tuple[Metric, ...]:
    """How far the predictions were off."""
    figures = {metric.name: metric.value for metric in metrics}
    pairs = (
        ("prediction_error", "predicted_seconds", f"{operation}_seconds"),
        ("memory_prediction_error", "predicted_bytes", "peak_bytes"),
    )
    return tuple(
        Metric(name=name, value=float(figures[predicted]) / float(figures[measured]) - 1.0)
        for name, predicted, measured in pairs
        if predicted in figures and figures.get(measured)
    )
