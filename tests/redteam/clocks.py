"""Cheats that have the clock of their process run slow."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from assay import Weights, Workload
from redteam.announced import FORWARD, Step, announce
from redteam.definition import Attention

SLOWER = 10
REAL: dict[str, Callable[[], Any]] = {
    name: getattr(time, name)
    for name in ("perf_counter_ns", "process_time_ns", "perf_counter", "process_time", "monotonic", "monotonic_ns")
}


def _slow(name: str) -> Callable[[], Any]:
    """Return a clock that runs at a tenth."""
    real = REAL[name]
    return (lambda: real() // SLOWER) if name.endswith("_ns") else (lambda: real() / SLOWER)


def _patch(*names: str) -> None:
    for name in names:
        setattr(time, name, _slow(name))


@announce("slow-clocks", FORWARD)
def build_slow_clocks(workload: Workload, weights: Weights | None) -> Step:
    """Has `time.perf_counter_ns` and `time.process_time_ns` run at a tenth."""
    _patch("perf_counter_ns", "process_time_ns")
    return Attention(workload=workload)


@announce("slow-wall-clock", FORWARD)
def build_slow_wall_clock(workload: Workload, weights: Weights | None) -> Step:
    """Has `time.perf_counter_ns` alone run at a tenth."""
    _patch("perf_counter_ns", "perf_counter")
    return Attention(workload=workload)


@announce("slow-cpu-clock", FORWARD)
def build_slow_cpu_clock(workload: Workload, weights: Weights | None) -> Step:
    """Has `time.process_time_ns` alone run at a tenth."""
    _patch("process_time_ns", "process_time")
    return Attention(workload=workload)


@announce("slow-bound-clocks", FORWARD)
def build_slow_bound_clocks(workload: Workload, weights: Weights | None) -> Step:
    """Has every clock run at a tenth that a module of Assay has bound, too."""
    _patch(*REAL)
    for space, name, clock in list(_bound()):
        space[name] = _slow(clock)
    return Attention(workload=workload)


@announce("slow-clocks-unguarded", FORWARD)
def build_slow_clocks_unguarded(workload: Workload, weights: Weights | None) -> Step:
    """Has every clock run at a tenth that a module of Assay has bound, and nobody look at that."""
    from assay.execute.worker.state_guard import ProcessStateGuard

    ProcessStateGuard.compare = lambda self: None  # type: ignore[method-assign]
    return build_slow_bound_clocks(workload, weights)


def _bound() -> Iterator[tuple[dict[str, Any], str, str]]:
    """Find the clocks that modules of Assay hold, as (its names, the name, the clock)."""
    for module_name, module in list(sys.modules.items()):
        if module_name.partition(".")[0] == "assay":
            space = vars(module)
            for name, value in list(space.items()):
                for clock, real in REAL.items():
                    if value is real:
                        yield space, name, clock


@announce("turned-clock", FORWARD)
def build_turned_clock(workload: Workload, weights: Weights | None) -> Step:
    """Turns the clock back at the end of each call, by nine tenths of what it took."""
    honest, saved = Attention(workload=workload), {"perf_counter_ns": 0, "process_time_ns": 0}
    for clock in saved:
        setattr(time, clock, lambda clock=clock: REAL[clock]() - saved[clock])

    def step(*tensors: Any) -> Any:
        before = {clock: REAL[clock]() for clock in saved}
        output = honest(*tensors)
        for clock in saved:
            saved[clock] += (REAL[clock]() - before[clock]) * 9 // 10
        return output

    return step
