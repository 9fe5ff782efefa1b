"""What an attention row is credited with, its share of the machine, and where its time goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.measure.roofline import OVERHEAD_S, STAGES, account, overhead, stages
from assay.records.results import Metrics, ProbeTiming, Sample, Timing
from assay.records.workload import Workload

WORKLOAD = Workload.self_attention("core", batch=1, length=64, d_model=32, heads=2)
STEP = Timing(name="step", samples=(Sample(iterations=2, wall_ns=8_000_000, cpu_ns=4_000_000),) * 6)
SECONDS = st.floats(1e-9, 1e3)


def figures(**named: float) -> Metrics:
    return Metrics(named)


def probes(**work: int) -> Mapping[str, ProbeTiming]:
    """Probes whose calls do so much work in a millisecond of CPU time; the step takes two."""
    sample = Sample(iterations=1, wall_ns=5_000_000, cpu_ns=1_000_000)
    return {name: ProbeTiming(group="g", name=name, work=each, samples=(sample,) * 6) for name, each in work.items()}


class TestAccount:
    def test_credit_rates_and_shares_are_by_one_clock(self) -> None:
        found = account(WORKLOAD, STEP, "cpu", probes(gemm=WORKLOAD.flop, stream=2 * WORKLOAD.bytes))
        assert found == {
            "credited_flop": WORKLOAD.flop,
            "flop_per_s": pytest.approx(WORKLOAD.flop / 2e-3),
            "credited_bytes": WORKLOAD.bytes,
            "gb_per_s": pytest.approx(WORKLOAD.bytes / 2e-3 / 1e9),
            "gemm_fraction": pytest.approx(1 / 2),
            "stream_fraction": pytest.approx(1 / 4),
            "roofline_fraction": pytest.approx(1 / 2),
        }
        by_wall = account(WORKLOAD, STEP, "wall", probes(gemm=WORKLOAD.flop))
        assert by_wall["flop_per_s"] == pytest.approx(WORKLOAD.flop / 4e-3)
        assert by_wall["gemm_fraction"] == pytest.approx(5 / 4)

    @given(gemm=st.integers(1, 10**12), stream=st.integers(1, 10**12))
    def test_the_roofline_is_the_longer_of_two_times(self, gemm: int, stream: int) -> None:
        """By the rates of the probes the product takes so many milliseconds, the copy so many; the step takes two."""
        found = account(WORKLOAD, STEP, "cpu", probes(gemm=gemm, stream=stream))
        least = max(WORKLOAD.flop / gemm, WORKLOAD.bytes / stream)
        assert found["roofline_fraction"] == pytest.approx(least / 2)
        assert found["roofline_fraction"] == max(found["gemm_fraction"], found["stream_fraction"])

    @pytest.mark.parametrize("present", ["gemm", "stream"])
    def test_half_a_roofline_is_none(self, present: str) -> None:
        found = account(WORKLOAD, STEP, "cpu", probes(**{present: 1000}))
        assert f"{present}_fraction" in found
        assert "roofline_fraction" not in found

    def test_without_anchors_the_rates_are_left(self) -> None:
        found = account(replace(WORKLOAD, dtype="bf16"), STEP, "cpu", {})
        assert found.keys() == {"credited_flop", "flop_per_s", "credited_bytes", "gb_per_s"}
        assert found["credited_bytes"] == WORKLOAD.bytes / 2


class TestOverhead:
    @pytest.mark.parametrize(("seconds", "bound"), [(1.9e-3, True), (2e-3, False), (2.1e-3, False)])
    def test_above_half_of_the_step_it_is_bound(self, seconds: float, bound: bool) -> None:
        found = overhead(figures(step_seconds=seconds, overhead_seconds=1e-3))
        assert found == {"overhead_share": pytest.approx(1e-3 / seconds), "overhead_bound": bound}

    def test_a_short_step_with_less_overhead_is_not(self) -> None:
        found = overhead(figures(step_seconds=10e-6, overhead_seconds=1e-6))
        assert found == {"overhead_share": pytest.approx(0.1), "overhead_bound": False}

    @pytest.mark.parametrize(("seconds", "bound"), [(99e-6, True), (OVERHEAD_S, False), (101e-6, False)])
    def test_where_it_is_unknown_100_microseconds_decide(self, seconds: float, bound: bool) -> None:
        others = Metrics(stopped_by="budget")
        assert overhead(figures(step_seconds=seconds) | others) == {"overhead_bound": bound}


class TestStages:
    @given(times=st.tuples(SECONDS, SECONDS, SECONDS))
    def test_shares_add_up_to_one_in_proportion(self, times: tuple[float, float, float]) -> None:
        own = dict(zip((f"{stage}_seconds" for stage in STAGES), times, strict=True))
        found = stages(figures(**own, step_seconds=1.0) | {"baseline": "sdpa"})
        assert list(found) == ["tokenize_share", "embed_share", "attend_share"]
        assert sum(map(float, found.values())) == pytest.approx(1.0)
        assert float(found["tokenize_share"]) * times[2] == pytest.approx(float(found["attend_share"]) * times[0])
