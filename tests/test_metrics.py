"""The metric catalogue: what is made of timings, and every name documented."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from assay.metrics import (
    CATALOGUE,
    TIMED,
    Definition,
    agreement,
    comparison,
    credit,
    definition,
    machine_share,
    speeds,
)
from assay.records import AnchorTiming, Metric, Sample, Timing, Value
from assay.stats import Ratio

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"
RATIO = Ratio(value=1.5, low=1.4, high=1.6, pairs=10, epochs=2)


def values(metrics: Sequence[Metric]) -> dict[str, Value]:
    assert len({metric.name for metric in metrics}) == len(metrics)
    return {metric.name: metric.value for metric in metrics}


class TestSpeeds:
    SAMPLES = tuple(Sample(loops=2, wall_ns=ns, cpu_ns=ns // 2) for ns in (4_000_000, 2_000_000, 8_000_000))

    def test_of_an_operation_on_text(self) -> None:
        assert values(speeds(Timing(name="encode", samples=self.SAMPLES), tokens=100, size=1000)) == {
            "encode_seconds": 0.002,
            "encode_spread": pytest.approx((0.003 - 0.0015) / 2 / 0.002),
            "encode_contention": 2.0,
            "encode_samples": 3,
            "encode_tokens_per_s": pytest.approx(50_000.0),
            "encode_mb_per_s": pytest.approx(0.5),
        }

    @pytest.mark.parametrize(("wall_ns", "bound"), [(99_000, True), (100_000, False), (101_000, False)])
    def test_of_a_step(self, wall_ns: int, bound: bool) -> None:
        timing = Timing(name="step", samples=(Sample(loops=1, wall_ns=wall_ns, cpu_ns=wall_ns),))
        assert values(speeds(timing, tokens=32)) == {
            "step_seconds": wall_ns / 1e9,
            "step_spread": 0.0,
            "step_contention": 1.0,
            "step_samples": 1,
            "tokens_per_s": pytest.approx(32 / (wall_ns / 1e9)),
            "overhead_bound": bound,
        }


class TestComparison:
    def test_with_its_interval(self) -> None:
        assert values(comparison("encode", RATIO, itself=False)) == {
            "encode_ratio": 1.5,
            "encode_ratio_low": 1.4,
            "encode_ratio_high": 1.6,
        }

    def test_the_baseline_itself_has_none(self) -> None:
        itself = Ratio(value=1.0, low=1.0, high=1.0, pairs=10, epochs=1)
        assert values(comparison("encode", itself, itself=True)) == {"encode_ratio": 1.0}

    def test_an_interval_without_end_is_left_out(self) -> None:
        wide = Ratio(value=1.5, low=0.0, high=math.inf, pairs=5, epochs=1)
        assert values(comparison("encode", wide, itself=False)) == {"encode_ratio": 1.5}


class TestMachine:
    STEP = Timing(name="step", samples=(Sample(loops=1, wall_ns=4_000_000, cpu_ns=2_000_000),) * 3)

    def test_share_of_an_anchor(self) -> None:
        # The anchor does 6000 in 3 ms of CPU time, the step 1000 in 2 ms: a quarter of its rate.
        half = Sample(loops=2, wall_ns=9_000_000, cpu_ns=6_000_000)
        anchor = AnchorTiming(group="g", name="gemm", work=6000, samples=(half,) * 3)
        shares = machine_share(self.STEP, 1000, "gemm_fraction", anchor)
        assert values(shares) == {"gemm_fraction": pytest.approx(0.25)}

    def test_without_an_anchor_there_is_no_share(self) -> None:
        assert machine_share(self.STEP, 1000, "gemm_fraction", None) == ()
        idle = AnchorTiming(group="g", name="gemm", work=6000, samples=())
        assert machine_share(self.STEP, 1000, "gemm_fraction", idle) == ()

    def test_credit(self) -> None:
        assert values(credit(self.STEP, 1000)) == {"credited_flop": 1000, "flop_per_s": pytest.approx(250_000.0)}


class TestAgreement:
    def test_of_time_and_memory(self) -> None:
        figures = {"predicted_seconds": 3.0, "step_seconds": 2.0, "predicted_bytes": 50, "peak_bytes": 100}
        metrics = [Metric(name=name, value=value) for name, value in figures.items()]
        assert values(agreement(metrics, "step")) == {"prediction_error": 0.5, "memory_prediction_error": -0.5}

    @pytest.mark.parametrize("absent", ["predicted_bytes", "peak_bytes"])
    def test_without_either_there_is_none(self, absent: str) -> None:
        figures = {"predicted_bytes": 50, "peak_bytes": 100}
        metrics = [Metric(name=name, value=value) for name, value in figures.items() if name != absent]
        assert agreement(metrics, "step") == ()

    def test_where_nothing_was_allocated_there_is_none(self) -> None:
        metrics = [Metric(name="predicted_bytes", value=50), Metric(name="peak_bytes", value=0)]
        assert agreement(metrics, "encode") == ()


class TestCatalogue:
    def test_names_are_unique(self) -> None:
        assert len({entry.name for entry in CATALOGUE}) == len(CATALOGUE)

    def test_every_figure_that_is_computed_is_in_it(self) -> None:
        timings = [Timing(name=name, samples=TestSpeeds.SAMPLES) for name in ("encode", "decode", "step")]
        figures = [
            metric
            for timing in timings
            for metric in speeds(timing, tokens=1, size=None if timing.name == "step" else 1)
        ]
        figures += [metric for timing in timings for metric in comparison(timing.name, RATIO, itself=False)]
        assert [metric.name for metric in figures if definition(metric.name) is None] == []

    def test_the_figure_of_an_operation_has_the_definition_of_its_kind(self) -> None:
        assert definition("encode_spread") == definition("step_spread") == definition("spread")
        assert definition("build_seconds") != definition("seconds")

    @pytest.mark.parametrize("language", ["de", "ast", "pt-BR", "zh-Hans", "sl-rozaj-biske", "de-1996"])
    def test_the_figure_of_a_language_has_the_definition_of_its_kind(self, language: str) -> None:
        assert definition(f"tokens_{language}") == definition("tokens") != definition("tokens_per_s")
        assert definition(f"parity_{language}") == definition("parity")

    @pytest.mark.parametrize(
        "name",
        [
            *("", "nonsense", "_seconds", "encode_nonsense", "encode_tokens"),
            *("tokens_", "tokens_x", "tokens_DE", "tokens_de_CH", "tokens_german", "bytes_de", "_de", "parity_de-"),
        ],
    )
    def test_no_other_name_has_one(self, name: str) -> None:
        assert definition(name) is None

    def test_timings_carry_noise_and_counts_do_not(self) -> None:
        noisy = {entry.name for entry in CATALOGUE if not entry.exact}
        assert {"encode_mb_per_s", "tokens_per_s", *TIMED} <= noisy
        assert not {"tokens", "ids_sha256", "round_trip", "unknown_token_rate"} & noisy


def documented() -> dict[str, list[str]]:
    """The rows of the tables of docs/metrics.md, by the name in their first cell."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0].strip("`"): row[1:] for row in rows}


class TestPage:
    @pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
    def test_every_metric_is_documented_with_its_unit(self, entry: Definition) -> None:
        unit, formula, pitfalls = documented()[entry.name]
        assert unit == entry.unit
        assert formula
        assert pitfalls.endswith(".")

    def test_no_other_is(self) -> None:
        assert set(documented()) == {entry.name for entry in CATALOGUE}

    def test_exact_figures_are_marked(self) -> None:
        assert {name for name, row in documented().items() if "*exact*" in row[1]} == {
            entry.name for entry in CATALOGUE if entry.exact
        }
