"""Whether a call is much faster with the values of the call before: then it is not computed anew."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from assay.errors import WrongOutput
from assay.measure.timer import read

PAIRS = 25
LONG_NS = 2_000_000  # so long calls have values of their own each time that they are timed
SHARE, SLACK_NS = 0.4, 20_000


def check_replay(
    call: Callable[[], object], prepare: Callable[[], object], elsewhere: Callable[[], Callable[[], object]]
) -> None:
    """Make short calls in pairs, of which the second has the same values; raise `WrongOutput` where it is faster.

    By the median CPU time of 25 pairs. A second call may take 0.6 of the time of the first, less 20 microseconds.
    `prepare` makes other values, and what `elsewhere` returns does the same in other tensors, which are made for it: so
    both calls find the caches alike.
    """
    prepare()
    taken = read(call, 1)[0].cpu_ns
    if taken > LONG_NS and (taken > 10 * LONG_NS or read(call, 1)[0].cpu_ns > LONG_NS):
        return
    disturb = elsewhere()
    firsts, seconds = list[int](), list[int]()
    for _ in range(PAIRS):
        for before, times in ((prepare, firsts), (disturb, seconds)):
            before()
            sample, _ = read(call, 1)
            times.append(sample.cpu_ns)
    first, second = statistics.median(firsts), statistics.median(seconds)
    if first - second > SHARE * first + SLACK_NS:
        raise WrongOutput(
            f"replay: a call takes {first / 1e3:,.0f} µs, and with the same values again {second / 1e3:,.0f}",
            remedy="compute every call anew",
        )
