"""The exponent of a power law with its 95 % interval: from one series of points, or from one exponent an epoch."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from assay.stats.paired_ratio import student_quantile

FEWEST_POINTS = 3
FEWEST_EPOCHS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Exponent:
    """The exponent of a power law, and half of its 95 % interval; None where it has no interval."""

    value: float
    half_width: float | None = None


def fit_power_law(points: Sequence[tuple[float, float]]) -> Exponent | None:
    """Fit y = c * x ** exponent by least squares on the logarithms of positive points.

    The interval is that of the slope, Student's t with n - 2 degrees of freedom, from three points on. Fewer than two
    different places give no exponent.
    """
    logs = [(math.log(x), math.log(y)) for x, y in points]
    if len({x for x, _ in logs}) < 2:
        return None
    slope, intercept = statistics.linear_regression(*zip(*logs, strict=True))
    if len(logs) < FEWEST_POINTS:
        return Exponent(value=slope)
    middle = statistics.fmean(x for x, _ in logs)
    residues = math.fsum((y - intercept - slope * x) ** 2 for x, y in logs)
    error = math.sqrt(residues / (len(logs) - 2) / math.fsum((x - middle) ** 2 for x, _ in logs))
    return Exponent(value=slope, half_width=student_quantile(len(logs) - 2, 0.975) * error)


def over_epochs(exponents: Sequence[float]) -> Exponent | None:
    """Return the mean of exponents, one an epoch, with Student's t over them; None of fewer than three."""
    if len(exponents) < FEWEST_EPOCHS:
        return None
    error = statistics.stdev(exponents) / math.sqrt(len(exponents))
    return Exponent(value=statistics.fmean(exponents), half_width=student_quantile(len(exponents) - 1, 0.975) * error)
