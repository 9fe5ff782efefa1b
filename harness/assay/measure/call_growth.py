"""By how much the memory of a process grows with each call."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from assay.measure.memory import resident_bytes

WARM_UP, FEWEST, MOST = 8, 16, 256
PATIENCE_S = 0.05
SUSPECT = 4 << 10  # bytes a call: what grows so much with few calls is looked at with more
ENOUGH = 32 << 20


def call_growth(call: Callable[[], object]) -> float | None:
    """Return the bytes by which resident memory grows with each call, the lesser of two halves.

    What a first call sets up, and a cache that is full, do not count: some calls come before. None where memory
    cannot be read, or the call raises.
    """
    try:
        for _ in range(WARM_UP):
            call()
        number = _number(call)
        halves = (_half(call, number), _half(call, number))
        if number < MOST and min(halves) > SUSPECT and min(halves) * number < ENOUGH:
            halves = (_half(call, MOST), _half(call, MOST))
    except Exception:
        return None
    return max(0.0, min(halves))


def _number(call: Callable[[], object]) -> int:
    """How many calls there is time and memory for."""
    before, end = resident_bytes() or 0, time.perf_counter() + PATIENCE_S
    for number in range(1, MOST + 1):
        call()
        if number >= FEWEST and (time.perf_counter() > end or (resident_bytes() or 0) - before > ENOUGH):
            return number
    return MOST


def _half(call: Callable[[], object], number: int) -> float:
    gc.collect()
    before = resident_bytes()
    for _ in range(number):
        call()
    gc.collect()
    after = resident_bytes()
    if before is None or after is None:
        raise OSError("memory cannot be read")
    return (after - before) / number
