"""How the time of encoding grows with length: the exponent of a power law, from a sweep of sizes."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from time import process_time

from assay.records.results import Metrics
from assay.stats.power_law import fit_power_law

LIMIT_S = 1.0
REPEATS = 3
SMALLEST = 4_000


def growth(encode: Callable[[str], object], texts: Sequence[str]) -> Metrics:
    """Fit seconds = c * characters ** exponent by least squares on the logarithms.

    Each text is timed three times and the median CPU time counts; a text shorter than 4,000 characters is
    mostly overhead and stays out. After the first text that takes over a second, longer ones are not tried:
    `growth_characters` is the length of the longest one timed. Fewer than two lengths give no exponent, and fewer
    than three no interval of it.
    """
    times: list[tuple[int, float]] = []
    for text in sorted((text for text in texts if len(text) >= SMALLEST), key=len):
        seconds = _seconds(encode, text)
        times.append((len(text), max(seconds, 1e-9)))
        if seconds > LIMIT_S:
            break
    found = fit_power_law(times)
    if found is None:
        return Metrics()
    half = found.half_width
    return Metrics(
        growth_exponent=found.value,
        growth_exponent_low=None if half is None else found.value - half,
        growth_exponent_high=None if half is None else found.value + half,
        growth_characters=times[-1][0],
        growth_seconds=times[-1][1],
    )


def _seconds(encode: Callable[[str], object], text: str) -> float:
    """The median of three, or the first if that takes too long."""
    taken: list[float] = []
    for _ in range(REPEATS):
        start = process_time()
        encode(text)
        taken.append(process_time() - start)
        if taken[0] > LIMIT_S:
            break
    return statistics.median(taken)
