"""Short calls that are faster with the values of the call before are replays."""

from __future__ import annotations

import time

import pytest

from assay.errors import WrongOutput
from assay.measure.replay import LONG_NS, PAIRS, check_replay


class Calls:
    """Calls that work for so many nanoseconds of CPU time with new values, and with those of the call before."""

    def __init__(self, first_ns: int, again_ns: int, *, every_other_ns: int = 0) -> None:
        self.first_ns, self.again_ns, self.every_other_ns = first_ns, again_ns, every_other_ns
        self.new = True
        self.made = 0

    def prepare(self) -> None:
        self.new = True

    def __call__(self) -> None:
        end = time.process_time_ns() + (self.first_ns if self.new else self.again_ns)
        end += self.every_other_ns * (self.made % 2)
        self.new = False
        self.made += 1
        while time.process_time_ns() < end:
            pass


def tried(first_ns: int, again_ns: int) -> Calls:
    calls = Calls(first_ns, again_ns)
    check_replay(calls, calls.prepare, lambda: lambda: None)
    return calls


@pytest.mark.parametrize(("first", "again"), [(100_000, 10_000), (400_000, 150_000)])
def test_a_replay_is_refused(first: int, again: int) -> None:
    with pytest.raises(WrongOutput, match=r"^replay: a call takes \d+ µs, and with the same values again \d+"):
        tried(first, again)


@pytest.mark.parametrize(("first", "again"), [(200_000, 200_000), (200_000, 150_000), (20_000, 1_000)])
def test_what_is_a_little_faster_passes(first: int, again: int) -> None:
    assert tried(first, again).made == 1 + 2 * PAIRS


@pytest.mark.parametrize("before", [0, 1])
def test_every_other_call_may_be_slow(before: int) -> None:
    calls = Calls(100_000, 100_000, every_other_ns=400_000)
    calls.made = before
    check_replay(calls, calls.prepare, lambda: lambda: None)


def test_long_calls_are_made_once() -> None:
    assert tried(10 * LONG_NS + 100_000, 0).made == 1


def test_one_that_was_long_by_chance_is_tried_again() -> None:
    with pytest.raises(WrongOutput):
        tried(LONG_NS + 100_000, 0)
