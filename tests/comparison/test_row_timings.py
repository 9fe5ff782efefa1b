"""The timings of a stored row: by which clock, from how many processes, and the ratio to its group's baseline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from assay.comparison.row_timings import epochs, median_s, operations, ratio_to_baseline, readings
from assay.comparison.session_drift import Readings
from assay.records.results import (
    Case,
    Measurement,
    Metrics,
    Sample,
    Status,
    Timing,
    TokenizerCase,
    Value,
)
from assay.records.verdicts import Clock
from assay.records.workload import Workload
from assay.stats.paired_ratio import BETWEEN_PROCESSES, Ratio, paired_ratio

WORKLOAD = Workload.self_attention("core", batch=1, length=2, d_model=4)
ON_GPU = replace(WORKLOAD, device="cuda:0")
CLOCKS: tuple[Clock, Clock] = ("cpu", "wall")
ROUNDS = [1.0, 1.1, 0.9, 1.2, 1.05, 0.95, 1.15, 1.3]


def samples(seconds: float, *, slower: float = 1.0, count: Sequence[int] = (0,), loops: int = 4) -> tuple[Sample, ...]:
    """Eight rounds in each of these epochs; wall time is `slower` times the CPU time."""
    return tuple(
        Sample(
            iterations=loops,
            wall_ns=round(seconds * 1e9 * round_ * loops * slower),
            cpu_ns=round(seconds * 1e9 * round_ * loops),
            epoch=epoch,
        )
        for epoch in count
        for round_ in ROUNDS
    )


def row(
    case: Case | str = "ours", taken: Sequence[Sample] = (), *, status: Status = Status.OK, **figures: Value
) -> Measurement:
    timings = (Timing(name="encode", samples=tuple(taken)),) if taken else ()
    named = TokenizerCase(tokenizer=case, corpus="c") if isinstance(case, str) else case
    return Measurement(case=named, status=status, metrics=Metrics(figures), timings=timings)


def ratio(ours: Measurement, *others: Measurement, clock: str = "cpu", settings: str = "{}") -> Ratio | None:
    rows = {each.case.id: each for each in (ours, *others)}
    return ratio_to_baseline(ours, rows, "encode", clock, settings)  # type: ignore[arg-type]


class TestRow:
    def test_operations_are_those_with_samples_or_a_count_of_them_each_once(self) -> None:
        found = row("ours", samples(1.0), decode_samples=40, encode_samples=8, encode_seconds=1.0, tokens=5)
        assert operations(found) == ("encode", "decode")
        assert operations(row(tokens=5)) == ()

    def test_fresh_text_is_recorded_and_not_judged(self) -> None:
        assert operations(row("ours", samples(1.0), fresh_samples=40)) == ("encode",)

    @pytest.mark.parametrize("status", [Status.FAILED, Status.SKIPPED, Status.UNSUPPORTED])
    def test_a_row_that_is_not_ok_was_not_timed(self, status: Status) -> None:
        assert operations(row("ours", samples(1.0), status=status, decode_samples=40)) == ()

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [(0.5, 0.5), (2, 2.0), (1e-12, 1e-12), (0.0, None), (-1.0, None), (math.inf, None), (math.nan, None)],
    )
    def test_the_median_is_a_time(self, value: float, seconds: float | None) -> None:
        assert median_s(row(encode_seconds=value, decode_seconds=9.0), "encode", "wall") == seconds
        marked = row(encode_clock="cpu", encode_seconds=value, encode_wall_seconds=9.0)
        assert median_s(marked, "encode", "cpu") == seconds

    def test_a_median_that_is_not_known_is_none(self) -> None:
        assert median_s(row(encode_seconds="fast"), "encode", "wall") is None
        assert median_s(row(decode_seconds=9.0), "encode", "wall") is None

    def test_a_median_by_one_clock_is_never_taken_for_one_by_the_other(self) -> None:
        older, marked = row(encode_seconds=3.0), row(encode_clock="cpu", encode_seconds=2.0, encode_wall_seconds=3.0)
        assert [median_s(older, "encode", clock) for clock in CLOCKS] == [None, 3.0]
        assert [median_s(marked, "encode", clock) for clock in CLOCKS] == [2.0, 3.0]
        assert median_s(row(encode_clock="wall", encode_seconds=3.0), "encode", "cpu") is None

    def test_samples_tell_both_medians_of_an_older_row_too(self) -> None:
        older = row("ours", samples(1.0, slower=3.0), encode_seconds=9.0)
        assert [median_s(older, "encode", clock) for clock in CLOCKS] == [pytest.approx(1.075), pytest.approx(3.225)]

    def test_readings_are_seconds_per_call_by_the_clock_that_judges(self) -> None:
        taken = (Sample(iterations=4, wall_ns=8_000, cpu_ns=6_000), Sample(iterations=2, wall_ns=5_000, cpu_ns=3_000))
        found = row("ours", taken)
        assert readings(found, "encode", "cpu") == Readings(seconds=(1.5e-6, 1.5e-6), timer="process_time")
        assert readings(found, "encode", "wall") == Readings(seconds=(2e-6, 2.5e-6), timer="perf_counter")
        assert readings(found, "decode", "cpu") is None
        assert readings(row(encode_samples=8), "encode", "cpu") is None

    def test_epochs_are_counted_and_without_samples_those_asked_for(self) -> None:
        assert epochs(row("ours", samples(1.0, count=(0, 1, 4))), "encode", '{"epochs": 7}') == 3
        assert epochs(row("ours", samples(1.0)), "encode", '{"epochs": 7}') == 1
        assert epochs(row(), "encode", '{"epochs": 7}') == 7
        assert epochs(row("ours", samples(1.0)), "decode", '{"epochs": 7}') == 7
        assert epochs(row(), "encode", "{}") == 1


class TestRatioBySamples:
    def test_it_is_of_the_samples_of_both_in_the_same_rounds(self) -> None:
        """The rounds are in both and cancel, whatever they were."""
        found = ratio(row("ours", samples(3.0), baseline="theirs"), row("theirs", samples(2.0)))
        wide = math.exp(1.96 * BETWEEN_PROCESSES)
        assert found == Ratio(
            value=pytest.approx(1.5), low=pytest.approx(1.5 / wide), high=pytest.approx(1.5 * wide), pairs=8, epochs=1
        )

    def test_it_is_by_the_clock_that_judges(self) -> None:
        ours, theirs = row("ours", samples(3.0, slower=2.0), baseline="theirs"), row("theirs", samples(2.0))
        by_cpu, by_wall = ratio(ours, theirs), ratio(ours, theirs, clock="wall")
        assert by_cpu is not None
        assert by_wall is not None
        assert (by_cpu.value, by_wall.value) == (pytest.approx(1.5), pytest.approx(3.0))

    def test_three_epochs_and_four_plugins(self) -> None:
        """The partner is the row of the baseline in the same group, not any other."""
        ours = row("ours", samples(3.0, count=(0, 1, 2)), baseline="theirs")
        theirs = row("theirs", samples(2.0, count=(0, 1, 2)))
        others = [row(name, samples(seconds, count=(0, 1, 2))) for name, seconds in (("a", 7.0), ("b", 11.0))]
        elsewhere = row(TokenizerCase(tokenizer="theirs", corpus="d"), samples(13.0, count=(0, 1, 2)))
        found = ratio(ours, *others, elsewhere, theirs)
        assert found == paired_ratio(ours.timings[0].samples, theirs.timings[0].samples)
        assert (found.value, found.pairs, found.epochs) == (pytest.approx(1.5), 24, 3)

    def test_only_epochs_of_both_count(self) -> None:
        ours, theirs = (
            row("ours", samples(3.0, count=(0, 1)), baseline="theirs"),
            row("theirs", samples(2.0, count=(1, 2))),
        )
        found = ratio(ours, theirs)
        assert found is not None
        assert (found.value, found.pairs, found.epochs) == (pytest.approx(1.5), 8, 1)

    def test_the_baseline_itself_and_a_row_without_one_have_none(self) -> None:
        figures = {"encode_ratio": 1.5}
        assert ratio(row("ours", samples(3.0), baseline="ours", **figures)) is None
        assert ratio(row("ours", baseline="ours", **figures)) is None
        assert ratio(row("ours", samples(3.0), **figures), row("theirs", samples(2.0))) is None

    def test_samples_without_those_of_the_baseline_have_none(self) -> None:
        """Their ratio among the figures would be that of other samples."""
        figures: dict[str, Value] = {"baseline": "theirs", "encode_ratio": 1.5, "encode_ratio_low": 1.4}
        assert ratio(row("ours", samples(3.0), **figures)) is None
        assert ratio(row("ours", samples(3.0), **figures), row("theirs")) is None
        assert ratio(row("ours", samples(3.0), **figures), row("theirs", samples(2.0, count=(1,)))) is None


class TestRatioByFigures:
    FIGURES: dict[str, Value] = {  # noqa: RUF012 (read only)
        "baseline": "theirs",
        "encode_ratio": 1.5,
        "encode_ratio_low": 1.4,
        "encode_ratio_high": 1.7,
        "encode_samples": 40,
    }

    def without(self, *names: str, **others: Value) -> Measurement:
        figures = {name: value for name, value in self.FIGURES.items() if name not in names}
        return row(**{**figures, **others})

    def test_without_samples_it_is_that_of_the_row(self) -> None:
        wanted = Ratio(value=1.5, low=1.4, high=1.7, pairs=40, epochs=2)
        assert ratio(self.without(), row("theirs"), settings='{"epochs": 2}') == wanted
        assert ratio(self.without(), settings='{"epochs": 2}') == wanted
        assert ratio(self.without(), row("theirs", samples(2.0)), settings='{"epochs": 2}') == wanted

    @pytest.mark.parametrize(
        ("missing", "wanted"),
        [
            ("encode_ratio_low", Ratio(value=1.5, low=0.0, high=1.7, pairs=40, epochs=1)),
            ("encode_ratio_high", Ratio(value=1.5, low=1.4, high=math.inf, pairs=40, epochs=1)),
            ("encode_samples", Ratio(value=1.5, low=1.4, high=1.7, pairs=0, epochs=1)),
        ],
    )
    def test_an_end_that_is_missing_is_open(self, missing: str, wanted: Ratio) -> None:
        assert ratio(self.without(missing)) == wanted

    def test_figures_are_of_cpu_time_alone(self) -> None:
        assert ratio(self.without(), clock="wall") is None

    @pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan, "1.5", 2])
    def test_what_is_not_a_ratio_is_none(self, value: Value) -> None:
        assert ratio(self.without("encode_ratio", encode_ratio=value)) is None

    def test_of_another_operation_there_is_none(self) -> None:
        found = self.without()
        assert ratio_to_baseline(found, {found.case.id: found}, "decode", "cpu", "{}") is None
