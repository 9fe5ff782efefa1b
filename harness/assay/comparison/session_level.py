"""The level of a session: how long a call took in it, from readings that follow each other."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

FEWEST_BLOCKS, MOST_BLOCKS, BLOCK = 10, 20, 5
TRIMMED = 5  # a fifth at either end
RESOLUTION = 1e-12  # seconds, and as a share: no clock tells less


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLevel:
    """The log of the time of one call in one session: an estimate, its standard error, and the freedom of that."""

    centre: float
    error: float
    freedom: int


def session_level(
    seconds: Sequence[float], of_block: Callable[[Sequence[float]], float] = statistics.median
) -> SessionLevel:
    """Estimate the level of at least five readings of one session.

    They are cut into 10 to 20 consecutive blocks (fewer readings are their own blocks), since readings that follow each
    other are alike. Of the logs of the blocks' figures the trimmed mean is taken, a fifth off either end, with Yuen's
    standard error (Biometrika 61, 1974), widened by what the blocks still have in common with the next ones,
    (1 + r) / (1 - r) for their autocorrelation r.
    """
    count = min(len(seconds), max(FEWEST_BLOCKS, min(MOST_BLOCKS, len(seconds) // BLOCK)))
    edges = [index * len(seconds) // count for index in range(count + 1)]
    logs = [math.log(max(RESOLUTION, of_block(seconds[start:end]))) for start, end in itertools.pairwise(edges)]
    cut = count // TRIMMED
    kept = sorted(logs)[cut : count - cut]
    winsorised = [min(max(value, kept[0]), kept[-1]) for value in logs]
    mean = statistics.fmean(winsorised)
    away = [value - mean for value in winsorised]
    squares = math.fsum(value * value for value in away)
    together = math.fsum(a * b for a, b in itertools.pairwise(away))
    correlation = min(0.9, max(0.0, together / squares)) if squares else 0.0
    variance = squares / (len(kept) * (len(kept) - 1)) * (1 + correlation) / (1 - correlation)
    return SessionLevel(
        centre=statistics.fmean(kept),
        error=max(RESOLUTION, math.sqrt(variance)),
        freedom=len(kept) - 1,
    )


def fast(seconds: Sequence[float]) -> float:
    """Return the tenth part of some readings, from below; of fewer than ten the least.

    Other work on the machine makes wall time longer, and never shorter.
    """
    return sorted(seconds)[len(seconds) // 10]
