"""Reading the clock, on a clock that only moves when the measured call says so."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from assay.measure import timer as clock
from assay.records.results import Sample


class Clock:
    """A call that takes `wall_ns` and `cpu_ns`, and the clock that shows it."""

    def __init__(self, wall_ns: int, cpu_ns: int = 0) -> None:
        self.cost = wall_ns, cpu_ns
        self.wall, self.cpu, self.calls = 1000, 500, 0

    def __call__(self) -> int:
        self.calls += 1
        self.wall += self.cost[0]
        self.cpu += self.cost[1]
        return self.calls


SetClock = Callable[[Clock], Clock]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    def set_to(call: Clock) -> Clock:
        monkeypatch.setattr(clock, "perf_counter_ns", lambda: call.wall)
        monkeypatch.setattr(clock, "process_time_ns", lambda: call.cpu)
        return call

    return set_to


@pytest.fixture(autouse=True)
def _collector_as_before() -> Iterator[None]:
    before = gc.isenabled()
    yield
    (gc.enable if before else gc.disable)()


class TestRead:
    def test_it_times_all_loops_together(self, set_clock: SetClock) -> None:
        call = set_clock(Clock(wall_ns=70, cpu_ns=30))
        sample, outputs = clock.read(call, 5)
        assert sample == Sample(iterations=5, wall_ns=350, cpu_ns=150)
        assert outputs == [1, 2, 3, 4, 5]

    def test_the_real_clock_goes_forward(self) -> None:
        sample, outputs = clock.read(lambda: sum(range(1000)), 10)
        assert outputs == [sum(range(1000))] * 10
        assert sample.iterations == 10
        assert sample.wall_ns > 0
        assert sample.cpu_ns >= 0

    def test_clocks_that_a_plugin_replaces_are_not_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("perf_counter_ns", "process_time_ns"):
            monkeypatch.setattr(time, name, lambda: 0)
        sample, _ = clock.read(lambda: sum(range(10_000)), 10)
        assert sample.wall_ns > 0

    @pytest.mark.parametrize("collecting", [True, False])
    def test_nothing_is_collected_meanwhile_and_the_collector_seems_as_it_was(self, collecting: bool) -> None:
        (gc.enable if collecting else gc.disable)()
        before, seen = gc.get_threshold(), []
        clock.read(lambda: seen.append((gc.isenabled(), gc.get_threshold()[0])), 3)
        assert seen == [(collecting, 0)] * 3
        assert (gc.isenabled(), gc.get_threshold()) == (collecting, before)

    def test_garbage_is_collected_again_after_an_error(self) -> None:
        before = gc.get_threshold()
        with pytest.raises(ZeroDivisionError):
            clock.read(lambda: 1 / 0, 3)
        assert gc.get_threshold() == before


class Constant:
    """A sample of calls that take so long each, and the iterations that were asked of it."""

    def __init__(self, ns: int) -> None:
        self.ns = ns
        self.asked: list[int] = []

    def __call__(self, iterations: int) -> Sample:
        self.asked.append(iterations)
        return Sample(iterations=iterations, wall_ns=self.ns * iterations, cpu_ns=self.ns * iterations)


class TestCalibrate:
    @pytest.mark.parametrize(
        ("ns", "iterations"),
        [(1, 1 << 20), (1000, 5000), (3000, 1667), (100_000, 50), (5_000_000, 1), (20_000_000, 1)],
    )
    def test_a_sample_takes_about_five_milliseconds(self, ns: int, iterations: int) -> None:
        assert clock.calibrate(Constant(ns)) == iterations

    def test_time_that_others_took_does_not_count(self) -> None:
        """A millisecond of work that had to wait two more for the core."""
        assert (
            clock.calibrate(
                lambda iterations: Sample(
                    iterations=iterations, wall_ns=3_000_000 * iterations, cpu_ns=10**6 * iterations
                )
            )
            == 5
        )

    def test_another_target(self) -> None:
        assert clock.calibrate(Constant(1000), target_ns=20_000) == 20

    def test_a_call_that_sleeps_ends_too(self) -> None:
        assert (
            clock.calibrate(lambda iterations: Sample(iterations=iterations, wall_ns=10**6 * iterations, cpu_ns=0))
            == 20
        )

    def test_a_call_that_takes_no_time_ends_too(self) -> None:
        assert clock.calibrate(Constant(0)) == clock.MOST_ITERATIONS

    def test_no_more_iterations_than_are_allowed(self) -> None:
        taken = Constant(1000)
        assert clock.calibrate(taken, most=64) == 64
        assert max(taken.asked) == 64

    def test_a_slow_call_is_called_once(self) -> None:
        slow = Constant(60_000_000_000)
        assert clock.calibrate(slow) == 1
        assert slow.asked == [1]

    @pytest.mark.parametrize("ns", [1, 10, 1000, 7777, 4_999_999])
    def test_it_grows_step_by_step_and_does_not_overshoot(self, ns: int) -> None:
        taken = Constant(ns)
        clock.calibrate(taken)
        assert taken.asked[0] == 1
        assert all(1 < later / earlier <= 10 for earlier, later in pairwise(taken.asked))
        assert all(iterations * ns < clock.TARGET_NS for iterations in taken.asked[:-1])
        assert taken.asked[-1] * ns <= 2 * clock.TARGET_NS


class TestCallSeconds:
    @pytest.mark.parametrize(
        ("wall_ns", "cpu_ns", "seconds"),
        [
            (9_000_000, 3_000_000, 0.001),  # others had the core for two thirds of the time
            (3_000_000, 6_000_000, 0.001),  # two threads
            (3_000_000, 30_000, 0.001),  # it waits
        ],
        ids=["CPU time of one thread", "wall time of several", "wall time of waiting"],
    )
    def test_by_hand(self, wall_ns: int, cpu_ns: int, seconds: float) -> None:
        sample = Sample(iterations=3, wall_ns=wall_ns, cpu_ns=cpu_ns)
        assert clock.call_seconds(sample) == pytest.approx(seconds)


class TestTypicalSeconds:
    def test_a_short_call_is_read_many_times_over(self) -> None:
        taken = Constant(1000)
        assert clock.typical_seconds(taken) == pytest.approx(1e-6)
        assert taken.asked[-3:] == [5000, 5000, 5000]

    def test_a_long_call_is_read_once_more_and_no_further(self) -> None:
        slow = Constant(60_000_000_000)
        assert clock.typical_seconds(slow) == pytest.approx(60.0)
        assert slow.asked == [1, 1]

    @pytest.mark.parametrize("taken_ms", [(10, 30, 20, 15), (50, 20, 90)], ids=["of three", "of two"])
    def test_the_lower_median_counts(self, taken_ms: tuple[int, ...]) -> None:
        spans = iter(taken_ms)
        found = clock.typical_seconds(
            lambda iterations: Sample(iterations=iterations, wall_ns=(span := next(spans) * 10**6), cpu_ns=span)
        )
        assert found == pytest.approx(0.02)
