"""How much identical code differs here: what a ratio of this run must exceed to mean something."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from assay.records.results import Noise, ProbeTiming
from assay.stats.paired_ratio import paired_ratio

PROBE, DUPLICATE = "python", "python-twin"


def noise_floor(probes: Sequence[ProbeTiming]) -> Noise | None:
    """Compare the machine probe with its duplicate in every group; None where no group has both."""
    samples = {(probe.group, probe.name): probe.samples for probe in probes}
    ratios = [
        paired_ratio(samples[group, DUPLICATE], readings)
        for (group, name), readings in samples.items()
        if name == PROBE and len(samples.get((group, DUPLICATE), ())) >= len(readings) > 1
    ]
    if not ratios:
        return None
    distances = [abs(ratio.value - 1.0) for ratio in ratios]
    widths = [ratio.width for ratio in ratios]
    return Noise(
        median=statistics.median(distances),
        worst=max(distances),
        minimum_detectable_effect=statistics.median(distances) + statistics.median(widths),
        groups=len(ratios),
    )
