"""Predict a large case from small ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

STEEPEST = 3.0
SMALLEST = 16
FEWEST = 2
ENOUGH_S = 0.05  # a call that takes so long is past its overhead, and tells what a longer one takes


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


def growing_sizes(target: int, seconds: Callable[[], float]) -> Iterator[int]:
    """Yield sizes to probe, two at least, until a call takes 50 ms or the size is the target.

    The first is 16 or less. Each is the target divided by a power of two. `seconds` is what a call of the last one
    took. The next size is four times the last where even a call that grows with its square would stay short; else it is
    twice the last.
    """
    halvings = 0
    while target >> halvings > SMALLEST:
        halvings += 1
    yield target >> halvings
    probed = 1
    while halvings and (probed < FEWEST or seconds() < ENOUGH_S):
        halvings -= 2 if halvings > 1 and seconds() < ENOUGH_S / 16 else 1
        probed += 1
        yield target >> halvings


def extrapolate_seconds(
    sizes: tuple[int, int],
    seconds: tuple[float, float],
    target: int,
    work: Callable[[int], float],
    *,
    known: bool = False,
) -> float:
    """Predict the time of a size from that of two smaller ones; `work` tells how much work a size is, in any unit.

    There are two predictions, and the larger one counts. One is an overhead, and a time that grows as the work does.
    The other is the power law of `extrapolate`, for a time that grows faster than the work. The overhead is what a line
    through both points leaves for no work, and at most the smaller time. Where the work is `known`, not the least that
    there must be, a faster growth is a step, such as that from a cache to memory: then their geometric mean counts.
    """
    by_size = extrapolate(sizes, seconds, target)
    (less, more), (low, high) = map(work, sizes), seconds
    if less >= more:
        return by_size
    overhead = min(low, high, max(0.0, (low * more - high * less) / (more - less)))
    by_work = overhead + (high - overhead) * work(target) / more
    return math.sqrt(by_size * by_work) if known and by_size > by_work else max(by_size, by_work)


def extrapolate_bytes(sizes: tuple[int, int], values: tuple[float, float], target: int) -> float:
    """Predict memory: a part that grows with the size and a part with its square; else the power law."""
    (small, large), (low, high) = sizes, values
    if small == large:
        return high
    square = (high / large - low / small) / (large - small)
    linear = low / small - square * small
    if square < 0 or linear < 0:
        return extrapolate(sizes, values, target)
    return square * target**2 + linear * target
