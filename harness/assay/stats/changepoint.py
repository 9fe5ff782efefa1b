"""Changepoints of a series of figures: where its level changed, and stayed.

By binary segmentation: of all places to divide a series, that where the ranks on both sides differ most (Pettitt 1979,
"A Non-Parametric Approach to the Change-Point Problem"), kept if a permutation test finds it significant, and each
part divided likewise; as MongoDB divides the histories of its benchmarks (Daly et al. 2020, "The Use of Change Point
Detection to Identify Software Performance Regressions in a Continuous Integration System"), with ranks for means,
so that one wild run is not a changepoint.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LARGEST_BLOCK = 2_000_000  # ranks shuffled at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePoint:
    """A new level, from the value at `index` on.

    `before` and `after` are the medians of the values since the previous changepoint and until the next; `p` is the
    share of random orders of these values that show as large a change, 0 for exact figures.
    """

    index: int
    before: float
    after: float
    p: float

    @property
    def change(self) -> float:
        """By how much the level changed, as a share of the level before; infinite where that was 0."""
        difference = self.after - self.before
        return difference / abs(self.before) if self.before else math.copysign(math.inf, difference)


def detect_changepoints(
    values: Sequence[float],
    *,
    least: float = 0.05,
    level: float = 0.01,
    permutations: int = 999,
    side: int = 4,
    seed: int = 0,
    exact: bool = False,
) -> tuple[ChangePoint, ...]:
    """Find the changepoints of a series of finite values, the oldest first.

    A changepoint has `side` values or more on each side, a p-value below `level`, and is `least` or more of the smaller
    of the medians around it. With fewer than ten values none can be significant at 0.01. Of `exact` figures every
    change is one. Raises ValueError for values that are not finite numbers.
    """
    if not all(map(math.isfinite, values)):
        raise ValueError("a series with changepoints must be of finite numbers")
    if exact:
        changes = ((index, *pair) for index, pair in enumerate(pairwise(values), start=1))
        return tuple(ChangePoint(index=at, before=old, after=new, p=0.0) for at, old, new in changes if old != new)
    found = dict(_divisions(values, 0, level, permutations, side, seed))
    while found:
        made = _between(values, found)
        smallest = min(made, key=_size)
        if _size(smallest) >= least - 1e-9:
            return _between(values, {_place(values, made, number, side): each.p for number, each in enumerate(made)})
        # One too small to matter goes, and the medians around it are of longer parts then.
        del found[smallest.index]
    return ()


def _between(values: Sequence[float], found: Mapping[int, float]) -> tuple[ChangePoint, ...]:
    edges = [0, *sorted(found), len(values)]
    levels = [statistics.median(values[start:end]) for start, end in pairwise(edges)]
    return tuple(
        ChangePoint(index=index, before=before, after=after, p=found[index])
        for index, (before, after) in zip(edges[1:-1], pairwise(levels), strict=True)
    )


def _place(values: Sequence[float], made: Sequence[ChangePoint], number: int, side: int) -> int:
    """Where a changepoint is, given both levels: more exact than ranks are, which see only that values differ.

    It is where each value lies best on its own side of the middle between the levels, no value counting for more
    than one at a distance of the change; within the changepoints on both sides.
    """
    point = made[number]
    first = (made[number - 1].index if number else 0) + side
    last = (made[number + 1].index if number + 1 < len(made) else len(values)) - side
    middle, height = (point.before + point.after) / 2, abs(point.after - point.before)
    towards = math.copysign(1.0, point.before - point.after)
    gains = [towards * min(height, max(-height, value - middle)) for value in values[first - side : last]]
    sums = list(accumulate(gains))
    return max(range(first, last + 1), key=lambda place: (sums[place - first + side - 1], -abs(place - point.index)))


def _divisions(
    values: Sequence[float], start: int, level: float, permutations: int, side: int, seed: int
) -> Iterator[tuple[int, float]]:
    """The significant places to divide these values, which begin at `start` of the series, with their p-values."""
    import numpy as np

    if len(values) < 2 * side:
        return
    _, inverse, counts = np.unique(np.asarray(values, dtype=np.float64), return_inverse=True, return_counts=True)
    doubled = (2 * np.cumsum(counts) - counts + 1)[inverse]  # twice the mid-ranks, so that sums are whole numbers
    sizes = _contrasts(doubled[np.newaxis, :], side)[0]
    place = int(np.argmax(sizes))
    # Shuffled from sorted ranks: a series and its mirror image meet the same random orders.
    generator, ranks = np.random.default_rng(seed), np.sort(doubled)
    larger, left, block = 0, permutations, max(1, LARGEST_BLOCK // len(values))
    while left > 0:
        shuffled = generator.permuted(np.tile(ranks, (min(block, left), 1)), axis=1)
        larger += int((_contrasts(shuffled, side).max(axis=1) >= sizes[place]).sum())
        left -= len(shuffled)
    p = (1 + larger) / (1 + permutations)
    if p < level:
        cut = place + side
        yield from _divisions(values[:cut], start, level, permutations, side, seed)
        yield start + cut, p
        yield from _divisions(values[cut:], start + cut, level, permutations, side, seed)


def _contrasts(ranks: NDArray[np.int64], side: int) -> NDArray[np.float64]:
    """How much the ranks before and after each place differ, for each row: Mann-Whitney's U, standardised, squared.

    The first column is of `side` values before, the last of as many after.
    """
    import numpy as np

    count = ranks.shape[1]
    before = np.arange(side, count - side + 1)
    # Twice U - E(U): the sum of the first k doubled ranks, less k times their mean, which is n + 1.
    excess = np.cumsum(ranks, axis=1)[:, side - 1 : count - side] - before * (count + 1)
    contrasts: NDArray[np.float64] = excess.astype(np.float64) ** 2 / (before * (count - before))
    return contrasts


def _size(point: ChangePoint) -> float:
    """The size of a change as a share of the smaller level: the same up and down."""
    smaller = min(abs(point.before), abs(point.after))
    difference = abs(point.after - point.before)
    return difference / smaller if smaller else math.inf if difference else 0.0
