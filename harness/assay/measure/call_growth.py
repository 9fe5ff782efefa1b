"""By how much the memory of a process grows with each call."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import time
from collections.abc import Callable, Sequence

from assay.measure.memory import resident_bytes

WARM_UP, FEWEST, MOST = 8, 16, 256
PATIENCE_S = 0.05
SUSPECT = 4 << 10  # bytes a call: what grows so much with few calls is looked at with more
ENOUGH, SERIES, ALIKE = 32 << 20, 6, 1.2


def call_growth(call: Callable[[], object]) -> float | None:
    """Return the bytes by which resident memory grows with each call, the lesser of the last two series of calls.

    What a first call sets up, and a full cache, do not count, since some calls come before. A series that takes memory
    which the process had left over shows too little, so what grows is looked at again, six times at most. None where
    memory cannot be read, or the call raises.
    """
    try:
        for _ in range(WARM_UP):
            call()
        _return_idle_memory()
        number = _number(call)
        series = [_series(call, number), _series(call, number)]
        while _open(series[-2:], number) and len(series) < SERIES:
            number = MOST if min(series[-2:]) * number < ENOUGH / 2 else number
            series.append(_series(call, number))
    except Exception:
        return None
    return max(0.0, min(series[-2:]))


def _open(series: Sequence[float], number: int) -> bool:
    """Whether two series of so many calls grew, and were too short to tell, or are not alike."""
    least, most = min(series), max(series)
    return most > SUSPECT and (least * number < ENOUGH / 2 or most > ALIKE * least)


def _return_idle_memory() -> None:
    """Have the C library return memory that is free to the system, where it can."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _number(call: Callable[[], object]) -> int:
    """How many calls there is time and memory for."""
    before, end = resident_bytes() or 0, time.perf_counter() + PATIENCE_S
    for number in range(1, MOST + 1):
        call()
        if number >= FEWEST and (time.perf_counter() > end or (resident_bytes() or 0) - before > ENOUGH):
            return number
    return MOST


def _series(call: Callable[[], object], number: int) -> float:
    gc.collect()
    before = resident_bytes()
    for _ in range(number):
        call()
    gc.collect()
    after = resident_bytes()
    if before is None or after is None:
        raise OSError("memory cannot be read")
    return (after - before) / number
