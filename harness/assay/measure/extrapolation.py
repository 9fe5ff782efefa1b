"""Predict a large case from two small ones."""

from __future__ import annotations

import math

STEEPEST = 3.0


def probe_sizes(size: int) -> tuple[int, int]:
    """Two sizes to probe, a factor of two apart: an eighth and a quarter of a large size, half of a small one."""
    larger = size // 4 if size >= 64 else max(1, size // 2)
    return max(1, larger // 2), larger


def extrapolate(sizes: tuple[int, int], values: tuple[float, float], target: int) -> float:
    """Extend the power law through two points to a larger size; its exponent is kept within 0 and 3."""
    (small, large), (low, high) = sizes, values
    if small == large or low <= 0 or high <= 0:
        return high
    exponent = math.log(high / low) / math.log(large / small)
    return float(high * (target / large) ** min(STEEPEST, max(0.0, exponent)))
