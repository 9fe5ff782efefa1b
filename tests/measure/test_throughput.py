"""The figures that are made of timings."""

from __future__ import annotations

import math

import pytest

from assay.measure.throughput import agreement, busy, comparison, full_pass, machine_share, repetition, speeds, waits
from assay.records.results import Metrics, ProbeTiming, Sample, Timing
from assay.stats.paired_ratio import Ratio

RATIO = Ratio(value=1.5, low=1.4, high=1.6, pairs=10, epochs=2)


class TestSpeeds:
    SAMPLES = tuple(Sample(iterations=2, wall_ns=ns, cpu_ns=ns // 2) for ns in (4_000_000, 2_000_000, 8_000_000))

    def test_of_an_operation_on_text(self) -> None:
        assert speeds(Timing(name="encode", samples=self.SAMPLES), "cpu", tokens=100, size=1000) == {
            "encode_clock": "cpu",
            "encode_seconds": 0.001,
            "encode_wall_seconds": 0.002,
            "encode_spread": pytest.approx((0.0015 - 0.00075) / 2 / 0.001),
            "encode_contention": 2.0,
            "encode_samples": 3,
            "encode_tokens_per_s": pytest.approx(100_000.0),
            "encode_mb_per_s": pytest.approx(1.0),
        }

    def test_by_wall_time(self) -> None:
        metrics = speeds(Timing(name="encode", samples=self.SAMPLES), "wall", tokens=100, size=1000)
        assert (metrics["encode_clock"], metrics["encode_seconds"], metrics["encode_mb_per_s"]) == ("wall", 0.002, 0.5)

    def test_of_a_step(self) -> None:
        timing = Timing(name="step", samples=(Sample(iterations=1, wall_ns=99_000, cpu_ns=99_000),))
        assert speeds(timing, "cpu", tokens=32) == {
            "step_clock": "cpu",
            "step_seconds": 99e-6,
            "step_wall_seconds": 99e-6,
            "step_spread": 0.0,
            "step_contention": 1.0,
            "step_samples": 1,
            "tokens_per_s": pytest.approx(32 / 99e-6),
        }


def timing(name: str, *times: int) -> Timing:
    return Timing(name=name, samples=tuple(Sample(iterations=1, wall_ns=9, cpu_ns=ns) for ns in times))


class TestRepetition:
    def test_the_factor_is_that_of_a_byte(self) -> None:
        found = repetition(timing("encode", 90, 100, 110), timing("fresh", 50, 60, 70), "cpu", (1000, 100))
        assert found == {"repeat_speedup": pytest.approx(6.0), "caches_whole_texts": True}

    @pytest.mark.parametrize(
        ("fresh", "found"),
        [
            ((400,), False),
            ((901, 950), True),
            ((301,) * 3, True),
            ((301,) * 9, True),
            ((299,) * 9, False),
            ((200, 900, 900), False),
        ],
    )
    def test_even_fast_calls_on_fresh_text_take_three_times_as_long(self, fresh: tuple[int, ...], found: bool) -> None:
        assert (
            repetition(timing("encode", *[100] * 9), timing("fresh", *fresh), "cpu", (1, 1))["caches_whole_texts"]
            is found
        )

    def test_slow_calls_on_the_same_text_do_not_count_as_a_cache(self) -> None:
        found = repetition(timing("encode", 10, 10, 100, 100), timing("fresh", *[200] * 4), "cpu", (1, 1))
        assert found["caches_whole_texts"] is False

    def test_nothing_where_one_was_not_timed(self) -> None:
        assert repetition(timing("encode"), timing("fresh", 5), "cpu", (1, 1)) == {}


class TestBusy:
    @pytest.mark.parametrize(
        ("clock", "contention", "found"), [("cpu", 1.11, True), ("cpu", 1.09, False), ("wall", 3.0, False)]
    )
    def test_where_what_is_told_by_cpu_time_waited_for_a_core(self, clock: str, contention: float, found: bool) -> None:
        others = {"decode_clock": "cpu", "decode_contention": 1.0}
        assert busy(Metrics({**others, "encode_clock": clock, "encode_contention": contention})) is found

    @pytest.mark.parametrize(("cpu_ns", "found"), [(21, False), (19, True)])
    def test_what_takes_next_to_no_cpu_time_waits_for_others(self, cpu_ns: int, found: bool) -> None:
        stopped = Sample(iterations=1, wall_ns=10**9, cpu_ns=1)  # by the scheduler, once
        taken = Sample(iterations=1, wall_ns=1000, cpu_ns=cpu_ns)
        assert waits([stopped, taken, taken]) is found


class TestComparison:
    def test_with_its_interval(self) -> None:
        assert comparison("encode", RATIO, itself=False) == {
            "encode_ratio": 1.5,
            "encode_ratio_low": 1.4,
            "encode_ratio_high": 1.6,
        }

    def test_the_baseline_itself_has_none(self) -> None:
        itself = Ratio(value=1.0, low=1.0, high=1.0, pairs=10, epochs=1)
        assert comparison("encode", itself, itself=True) == {"encode_ratio": 1.0}

    def test_an_interval_without_end_is_left_out(self) -> None:
        wide = Ratio(value=1.5, low=0.0, high=math.inf, pairs=5, epochs=1)
        assert comparison("encode", wide, itself=False) == {"encode_ratio": 1.5}


class TestMachine:
    STEP = Timing(name="step", samples=(Sample(iterations=1, wall_ns=4_000_000, cpu_ns=2_000_000),) * 3)

    def test_share_of_an_anchor(self) -> None:
        # The probe does 6000 in 3 ms of CPU time, the step 1000 in 2 ms: a quarter of its rate.
        half = Sample(iterations=2, wall_ns=9_000_000, cpu_ns=6_000_000)
        probe = ProbeTiming(group="g", name="gemm", work=6000, samples=(half,) * 3)
        assert machine_share(self.STEP, "cpu", 1000, probe) == pytest.approx(0.25)
        assert machine_share(self.STEP, "wall", 1000, probe) == pytest.approx(4.5 / 6 / 4)

    def test_without_an_anchor_there_is_no_share(self) -> None:
        assert machine_share(self.STEP, "cpu", 1000, None) is None
        idle = ProbeTiming(group="g", name="gemm", work=6000, samples=())
        assert machine_share(self.STEP, "cpu", 1000, idle) is None


class TestAgreement:
    def test_of_time_and_memory(self) -> None:
        figures = {"predicted_seconds": 3.0, "step_seconds": 2.0, "predicted_bytes": 50, "peak_bytes": 100}
        metrics = Metrics(figures)
        assert agreement(metrics, "step") == {"prediction_error": 0.5, "memory_prediction_error": -0.5}

    @pytest.mark.parametrize("absent", ["predicted_bytes", "peak_bytes"])
    def test_without_either_there_is_none(self, absent: str) -> None:
        figures = {"predicted_bytes": 50, "peak_bytes": 100}
        metrics = Metrics({name: value for name, value in figures.items() if name != absent})
        assert agreement(metrics, "step") == {}

    def test_where_nothing_was_allocated_there_is_none(self) -> None:
        metrics = Metrics(predicted_bytes=50, peak_bytes=0)
        assert agreement(metrics, "encode") == {}


class TestFullPass:
    FIGURES = {"sample_share": 0.25, "encode_seconds": 3.0, "decode_seconds": 5.0}  # noqa: RUF012 (read only)

    def test_of_a_sample_it_is_the_time_over_its_share(self) -> None:
        assert full_pass(Metrics(self.FIGURES)) == {"full_pass_seconds": 12.0}

    @pytest.mark.parametrize("absent", ["sample_share", "encode_seconds"])
    def test_without_either_there_is_none(self, absent: str) -> None:
        assert full_pass(Metrics({name: value for name, value in self.FIGURES.items() if name != absent})) == {}
