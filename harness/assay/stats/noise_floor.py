"""How much identical code differs here: what a ratio of this run must exceed to mean something."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from assay.records.results import Noise, ProbeTiming
from assay.stats.paired_ratio import paired_ratio

ANCHOR, TWIN = "python", "python-twin"


def noise_floor(anchors: Sequence[ProbeTiming]) -> Noise | None:
    """Compare the anchor with its twin in every group; None where no group has both."""
    samples = {(anchor.group, anchor.name): anchor.samples for anchor in anchors}
    ratios = [
        paired_ratio(samples[group, TWIN], readings)
        for (group, name), readings in samples.items()
        if name == ANCHOR and len(samples.get((group, TWIN), ())) >= len(readings) > 1
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
