"""Whether a call is much faster with the values of the call before: then it is not computed anew."""

from __future__ import annotations

import random
from collections.abc import Callable

from assay.errors import WrongOutput
from assay.measure.timer import read

PAIRS = 24
QUICK = PAIRS // 4  # calls are compared by the one that so many are faster than
ROUNDS = 3
LONG_NS = 2_000_000  # so long calls have values of their own each time that they are timed
SHARE, SLACK_NS = 0.4, 20_000


def check_replay(
    call: Callable[[], object], prepare: Callable[[], object], elsewhere: Callable[[], Callable[[], object]]
) -> None:
    """Make short calls in pairs, one with new values and one with the same; raise `WrongOutput` where that is faster.

    By the lower quartile of the CPU time of 24 pairs. A call with the same values may take 0.6 of the time of one with
    new values, less 20 microseconds. Memory that is given back and taken again can make every other call slow, so
    either comes first in half of the pairs, at random, and only what is found three times is refused.
    `prepare` makes other values, and what `elsewhere` returns does the same in other tensors, which are made for it: so
    both calls find the caches alike.
    """
    prepare()
    taken = read(call, 1)[0].cpu_ns
    if taken > LONG_NS and (taken > 10 * LONG_NS or read(call, 1)[0].cpu_ns > LONG_NS):
        return
    disturb = elsewhere()
    for _ in range(ROUNDS):
        new, same = _compared(call, prepare, disturb)
        if new - same <= SHARE * new + SLACK_NS:
            return
    raise WrongOutput(
        f"replay: a call takes {new / 1e3:,.0f} µs, and with the same values again {same / 1e3:,.0f}",
        remedy="compute every call anew",
    )


def _compared(
    call: Callable[[], object], prepare: Callable[[], object], disturb: Callable[[], object]
) -> tuple[int, int]:
    """Return the lower quartiles, in nanoseconds, of calls with new values and with those of the call before."""
    times: dict[Callable[[], object], list[int]] = {prepare: [], disturb: []}
    new_first = [True, False] * (PAIRS // 2)
    random.shuffle(new_first)
    for first in new_first:
        for before in (prepare, disturb) if first else (disturb, prepare):
            before()
            sample, _ = read(call, 1)
            times[before].append(sample.cpu_ns)
    new, same = (sorted(found)[QUICK] for found in times.values())
    return new, same
