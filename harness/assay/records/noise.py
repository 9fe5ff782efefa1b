"""How noisy the machine was during a run."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """The distance from 1 of the ratio between two processes of the same code, over the groups of a run.

    The `minimum_detectable_effect` is the smallest change that stands out of it: the median half-width of the interval
    of such a ratio, plus the median distance.
    """

    median: float
    worst: float
    minimum_detectable_effect: float
    groups: int

    @property
    def detectable(self) -> float:
        """The former name of `minimum_detectable_effect`."""
        return self.minimum_detectable_effect

    def __str__(self) -> str:
        least = self.minimum_detectable_effect
        told = (
            f"a change under {least:.1%} does not stand out" if isfinite(least) else "too short to tell what is noise"
        )
        return (
            f"identical code in two processes differed by {self.median:.2%} (median of {self.groups} groups,"
            f" worst {self.worst:.2%}); {told}"
        )
