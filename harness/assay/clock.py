"""Reading the clock: how long calls take, in wall time and in CPU time."""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Callable

from assay.records import Sample

TARGET_NS = 5_000_000
MOST_LOOPS = 1 << 20


def read(call: Callable[[], object], loops: int) -> tuple[Sample, list[object]]:
    """Time `loops` calls in a row with the garbage collector off, and give what they returned.

    Wall time is `time.perf_counter_ns`; CPU time is that of the whole process, all threads together. The
    outputs are kept until the clock is read, so that each can be looked at.
    """
    outputs: list[object] = []
    keep = outputs.append
    repetitions = itertools.repeat(None, loops)
    collecting = gc.isenabled()
    gc.disable()
    try:
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        for _ in repetitions:
            keep(call())
        cpu, wall = time.process_time_ns() - cpu, time.perf_counter_ns() - wall
    finally:
        if collecting:
            gc.enable()
    return Sample(loops=loops, wall_ns=wall, cpu_ns=cpu), outputs


def calibrate(sample: Callable[[int], Sample], target_ns: int = TARGET_NS) -> int:
    """Find how many loops make a sample of about `target_ns`; taking samples also warms up what is called.

    It goes by CPU time, which other processes do not stretch; where most of the wall time is spent off the
    processor (sleeping, another device), by a quarter of the wall time.
    """
    loops = 1
    while True:
        found = sample(loops)
        spent = max(found.cpu_ns, found.wall_ns // 4, 1)
        if spent >= target_ns or loops >= MOST_LOOPS:
            return max(1, min(MOST_LOOPS, round(loops * target_ns / spent)))
        growth = target_ns / spent
        loops = min(MOST_LOOPS, loops * max(2, min(10, round(growth))))
