"""By which clock a figure is told, in rows with the mark for it and in older ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.records.metric_clock import metric_clock, ratio_clock, speed_clock
from assay.records.results import AttentionCase, Case, Measurement, Metrics, Status, TokenizerCase, Value
from assay.records.verdicts import Clock
from assay.records.workload import Workload

TEXT = TokenizerCase(tokenizer="t", corpus="c")
WORKLOAD = Workload.self_attention("core", batch=1, length=2, d_model=4)
STEP = AttentionCase(attention="a", workload=WORKLOAD)
ON_GPU = AttentionCase(attention="a", workload=replace(WORKLOAD, device="cuda:0"))


def row(case: Case = TEXT, **figures: Value) -> Measurement:
    return Measurement(case=case, status=Status.OK, metrics=Metrics(figures))


@pytest.mark.parametrize("case", [TEXT, STEP])
def test_speeds_of_older_rows_are_by_wall_time_and_ratios_by_cpu_time(case: Case) -> None:
    assert (speed_clock(row(case), "encode"), ratio_clock(row(case), "encode")) == ("wall", "cpu")
    assert ratio_clock(row(ON_GPU), "step") == "wall"


@pytest.mark.parametrize("clock", ["cpu", "wall"])
@pytest.mark.parametrize("case", [STEP, ON_GPU])
def test_a_mark_is_the_clock_of_both(case: Case, clock: str) -> None:
    found = row(case, step_clock=clock)
    assert (speed_clock(found, "step"), ratio_clock(found, "step")) == (clock, clock)


@pytest.mark.parametrize(
    ("metric", "older"),
    [
        *((name, "wall") for name in ("encode_mb_per_s", "encode_tokens_per_s", "encode_seconds", "encode_spread")),
        *((name, "wall") for name in ("latency_p50_seconds", "latency_p99_seconds", "full_pass_seconds")),
        *((name, "wall") for name in ("line_mb_per_s", "prediction_error")),
        *((name, "cpu") for name in ("encode_ratio", "encode_ratio_low", "copy_fraction")),
    ],
)
def test_figures_of_a_tokenizer(metric: str, older: Clock) -> None:
    assert metric_clock(metric, row()) == older
    assert metric_clock(metric, row(encode_clock="cpu", line_clock="cpu")) == "cpu"


@pytest.mark.parametrize(
    ("metric", "older"),
    [
        *((name, "wall") for name in ("tokens_per_s", "mb_per_s", "flop_per_s", "gb_per_s", "step_seconds")),
        *((name, "wall") for name in ("overhead_seconds", "overhead_share", "overhead_bound", "prediction_error")),
        *((name, "cpu") for name in ("gemm_fraction", "stream_fraction", "roofline_fraction", "step_ratio")),
    ],
)
def test_figures_of_attention(metric: str, older: Clock) -> None:
    assert metric_clock(metric, row(STEP)) == older
    assert metric_clock(metric, row(STEP, step_clock="cpu")) == "cpu"
    assert metric_clock(metric, row(ON_GPU)) == metric_clock(metric, row(ON_GPU, step_clock="wall")) == "wall"


@pytest.mark.parametrize(
    "metric",
    [
        *("tokens", "peak_bytes", "build_seconds", "first_call_seconds", "counted_seconds", "growth_seconds"),
        *("cold_mb_per_s", "cold_ratio", "growth_exponent", "latency_p50_wall_seconds", "encode_wall_seconds"),
        *("encode_contention", "encode_samples", "encode_clock", "busy", "compression", "launch_seconds", "my_own"),
    ],
)
def test_what_always_had_one_meaning_has_no_mark(metric: str) -> None:
    assert metric_clock(metric, row()) is None
    assert metric_clock(metric, row(encode_clock="cpu")) is None
