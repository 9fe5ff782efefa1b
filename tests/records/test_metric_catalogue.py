"""The metric catalogue: every figure has one definition, and every name is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assay.measure.roofline import account, overhead, stages
from assay.measure.throughput import comparison, speeds
from assay.records.metric_catalogue import CATALOGUE, TIMED, Definition, definition
from assay.records.results import Metrics, ProbeTiming, Sample, Timing
from assay.records.workload import Workload
from assay.stats.paired_ratio import Ratio

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
RATIO = Ratio(value=1.5, low=1.4, high=1.6, pairs=10, epochs=2)
SAMPLES = tuple(Sample(iterations=2, wall_ns=ns, cpu_ns=ns // 2) for ns in (4_000_000, 2_000_000, 8_000_000))


class TestCatalogue:
    def test_names_are_unique(self) -> None:
        assert len({entry.name for entry in CATALOGUE}) == len(CATALOGUE)

    def test_every_figure_that_is_computed_is_in_it(self) -> None:
        timings = [Timing(name=name, samples=SAMPLES) for name in ("encode", "decode", "step")]
        figures = Metrics()
        for timing in timings:
            figures |= speeds(timing, "cpu", tokens=1, size=None if timing.name == "step" else 1)
            figures |= comparison(timing.name, RATIO, itself=False)
        probes = {name: ProbeTiming(group="g", name=name, work=1, samples=SAMPLES) for name in ("gemm", "stream")}
        figures |= account(Workload.self_attention("core", batch=1, length=2, d_model=4), timings[2], "cpu", probes)
        figures |= overhead(figures | {"overhead_seconds": 1e-4})
        figures |= stages(Metrics({f"{stage}_seconds": 1.0 for stage in ("tokenize", "embed", "attend")}))
        assert [name for name in figures if definition(name) is None] == []

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
