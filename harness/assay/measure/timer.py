"""Reading the clock: how long calls take, in wall time and in CPU time."""

from __future__ import annotations

import gc
import itertools
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter_ns, process_time_ns  # bound here, before any plugin can replace them

from assay.records.results import Sample

TARGET_NS = 5_000_000
PATIENCE_S = 0.1
MOST_ITERATIONS = 1 << 20
WAITING = 0.02  # of the wall time; a loaded machine leaves more


def read(call: Callable[[], object], iterations: int) -> tuple[Sample, list[object]]:
    """Time `iterations` calls in a row without garbage collection, and return what they returned.

    Wall time is `time.perf_counter_ns`; CPU time is that of the whole process, all threads together. The
    outputs are kept until the clock is read, so that each can be looked at.
    """
    return read_parts(call, (iterations,))


def read_parts(
    call: Callable[[], object], sizes: Sequence[int], prepare: Callable[[], object] = lambda: None
) -> tuple[Sample, list[object]]:
    """Time calls in parts of some sizes, as `read` does; each part is prepared while the clock stands still."""
    outputs: list[object] = []
    keep = outputs.append
    wall = cpu = 0
    with uncollected():
        for size in sizes:
            prepare()
            repetitions = itertools.repeat(None, size)
            wall_start, cpu_start = perf_counter_ns(), process_time_ns()
            for _ in repetitions:
                keep(call())
            cpu += process_time_ns() - cpu_start
            wall += perf_counter_ns() - wall_start
    return Sample(iterations=sum(sizes), wall_ns=wall, cpu_ns=cpu), outputs


@contextmanager
def uncollected() -> Iterator[None]:
    """Have nothing collect garbage by itself meanwhile.

    `gc.isenabled` stays as it was, and a worker does this around every request, not only around what is timed. So a
    plugin cannot tell by the collector whether it is timed.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(0)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


def call_seconds(sample: Sample) -> float:
    """How long one call of a sample took: by CPU time where one thread works, else by wall time.

    CPU time beyond the wall time is that of several threads. Next to none is that of a call that waits.
    """
    one_thread = WAITING * sample.wall_ns <= sample.cpu_ns <= sample.wall_ns
    return (sample.cpu_ns if one_thread else sample.wall_ns) / sample.iterations / 1e9


def typical_seconds(sample: Callable[[int], Sample], readings: int = 3, most: int = MOST_ITERATIONS) -> float:
    """Return the lower median of the time of a call in some readings; what takes long is read less often.

    The readings are as long as those of a run: outputs are kept for as long, and take fresh memory as often.
    """
    iterations, found = calibrate(sample, TARGET_NS, most), list[float]()
    while not found or (len(found) < readings and sum(found) * iterations < PATIENCE_S):
        found.append(call_seconds(sample(iterations)))
    return statistics.median_low(found)


def calibrate(sample: Callable[[int], Sample], target_ns: int = TARGET_NS, most: int = MOST_ITERATIONS) -> int:
    """Find how many iterations make a sample of about `target_ns`; taking samples also warms up what is called.

    It goes by CPU time, which other processes do not stretch; where most of the wall time is spent off the
    processor (sleeping, another device), by a quarter of the wall time. There are at most so many.
    """
    iterations = 1
    while True:
        found = sample(iterations)
        spent = max(found.cpu_ns, found.wall_ns // 4, 1)
        if spent >= target_ns or iterations >= most:
            return max(1, min(most, round(iterations * target_ns / spent)))
        growth = target_ns / spent
        iterations = min(most, iterations * max(2, min(10, round(growth))))
