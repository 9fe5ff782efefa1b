"""What an attention row is credited with, its share of the machine, and where its time goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.measure.roofline import (
    OVERHEAD_S,
    STAGES,
    account,
    attention_limit,
    least_flop,
    overhead,
    stages,
    text_limit,
)
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


def spread(work: int, *milliseconds: int) -> ProbeTiming:
    samples = tuple(Sample(iterations=1, wall_ns=each * 10**6, cpu_ns=each * 10**6) for each in milliseconds)
    return ProbeTiming(group="g", name="p", work=work, samples=samples)


class TestLimit:
    """The step takes 2 ms of CPU time, and 4 of wall time."""

    @pytest.mark.parametrize(("share", "refused"), [(1.04, False), (1.06, True)])
    def test_faster_than_the_best_product(self, share: float, refused: bool) -> None:
        probe = spread(round(WORKLOAD.flop / share), 2, 30, 30)  # a busy machine slowed two of three samples
        found = attention_limit(WORKLOAD, STEP, "cpu", {"gemm": probe})
        told = "limit: faster than this machine can: 1.06 times the rate of its best matrix product"
        assert found == (told if refused else None)
        assert attention_limit(WORKLOAD, STEP, "wall", {"gemm": probe}) is None

    @pytest.mark.parametrize(("share", "refused"), [(1.2, False), (1.45, False), (1.6, True)])
    def test_faster_than_a_copy_of_as_many_bytes(self, share: float, refused: bool) -> None:
        """Reading alone was 1.15 times faster than a copy here, and can be 1.5 times faster."""
        probe = spread(round(WORKLOAD.bytes / share), 30, 2, 30)
        found = attention_limit(WORKLOAD, STEP, "cpu", {"own-copy": probe})
        assert found == (
            "limit: faster than this machine can: 1.6 times the rate of a copy of as many bytes" if refused else None
        )

    def test_what_is_overhead_is_far_from_every_limit(self) -> None:
        """4 positions, 10 us: a copy of their 256 bytes takes a microsecond, most of it the call of torch."""
        tiny = Workload.self_attention("core", batch=1, length=4, d_model=4, heads=1)
        step = Timing(name="step", samples=(Sample(iterations=1000, wall_ns=10**7, cpu_ns=10**7),) * 3)
        copy = ProbeTiming(
            group="g", name="p", work=tiny.bytes, samples=(Sample(iterations=1, wall_ns=1000, cpu_ns=1000),)
        )
        product = spread(2 * 768**3, 10)
        assert attention_limit(tiny, step, "cpu", {"own-copy": copy, "gemm": product}) is None

    def test_faster_than_a_copy_of_the_text(self) -> None:
        told = "limit: faster than this machine can: 2 times the rate of a copy of the text"
        assert text_limit(1000, STEP, "cpu", {"copy": spread(500, 2, 9)}) == told
        assert text_limit(1000, STEP, "cpu", {"copy": spread(990, 2, 9)}) is None

    def test_without_probes_there_is_no_limit(self) -> None:
        assert attention_limit(WORKLOAD, STEP, "cpu", {}) is None
        assert text_limit(1000, STEP, "cpu", {"copy": spread(1)}) is None

    @pytest.mark.parametrize(
        ("workload", "share"),
        [
            ("core/fwd/causal/b1.h4.s256.d64/f32/cpu.t1", 1.0),
            ("core/bwd/causal/b1.h4.s256.d64/f32/cpu.t1", 4 / 5),  # scores that are kept need no computing
            ("core/fwd_bwd/causal/b1.h4.s256.d64/f32/cpu.t1", 6 / 7),
            ("core/fwd/linear+causal/b1.h4.s16.d64/f32/cpu.t1", 17 / 128),  # by scores, which are few
            ("core/fwd/linear+causal/b1.h4.s4096.d64/f32/cpu.t1", 1.0),
        ],
    )
    def test_only_work_that_nobody_can_save_counts(self, workload: str, share: float) -> None:
        parsed = Workload.parse(workload)
        assert least_flop(parsed) == pytest.approx(share * parsed.flop)


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
