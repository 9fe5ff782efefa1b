"""How rows grow with length, and the table of pipelines: on made-up rows whose laws are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.records.results import AttentionCase, Measurement, Metrics, Sample, Status, Timing, Value
from assay.records.semantics import Semantics
from assay.records.workload import TextSource, Workload
from assay.report.tables.attention_scaling import SHORTEST, growths, scaling_tables
from assay.report.tables.results import Table

CAUSAL = Workload.self_attention("core", batch=1, length=512, d_model=8, semantics=Semantics(mask="causal"))
LENGTHS = (512, 1024, 2048, 4096)
TEXT = TextSource(corpus="the-verdict", tokenizer="gpt2")


def row(plugin: str, workload: Workload, status: Status = Status.OK, **figures: Value) -> Measurement:
    metrics = Metrics(figures)
    return Measurement(case=AttentionCase(attention=plugin, workload=workload), status=status, metrics=metrics)


def law(
    plugin: str,
    seconds: Callable[[int], float],
    peak: Callable[[int], float] = float,
    lengths: Sequence[int] = LENGTHS,
    of: Workload = CAUSAL,
    epochs: int = 3,
    waver: float = 0.0,
) -> list[Measurement]:
    """A row for each length, whose time and memory follow a law.

    The exponent is smaller by `waver` in the first epoch than in the second, and larger by it in the third.
    """
    return [
        replace(
            row(
                plugin,
                replace(of, q_len=length if of.level == "core" else 1, kv_len=length),
                step_clock="cpu",
                step_seconds=seconds(length),
                peak_bytes=peak(length),
            ),
            timings=(
                Timing(
                    name="step",
                    samples=tuple(
                        taken(seconds(length) * length ** (waver * (epoch - 1)), epoch)
                        for epoch in range(epochs)
                        for _ in range(8)
                    ),
                ),
            ),
        )
        for length in lengths
    ]


def taken(seconds: float, epoch: int) -> Sample:
    """A sample on a busy machine: wall time has a law of its own."""
    return Sample(iterations=1, wall_ns=round(1e24 / (seconds + 1)), cpu_ns=round(seconds * 1e18), epoch=epoch)


def cells(table: Table, plugin: str) -> dict[str, str]:
    (found,) = (row for row in table.rows if plugin in row)
    return dict(zip(table.columns, found, strict=True))


class TestGrowth:
    @given(time=st.floats(-1.0, 4.0), memory=st.floats(0.0, 3.0), factor=st.floats(1e-9, 1e3))
    def test_of_a_power_law_is_its_exponent(self, time: float, memory: float, factor: float) -> None:
        rows = law("a", lambda length: factor * length**time, lambda length: 7.0 * length**memory)
        (found,) = growths("f", rows)
        assert (found.plugin, found.family, found.lengths) == ("a", "f", LENGTHS)
        assert found.time == pytest.approx(time, abs=1e-5)  # samples are whole nanoseconds
        assert found.memory == pytest.approx(memory, abs=1e-9)
        assert found.time_half_width == pytest.approx(0.0, abs=1e-5)

    def test_its_interval_is_over_the_epochs(self) -> None:
        (found,) = growths("f", law("a", lambda length: length**2.0, waver=0.1))
        assert found.time == pytest.approx(2.0)
        assert found.time_half_width == pytest.approx(4.3027 * 0.1 / 3**0.5, rel=1e-3)
        assert found.last_half_width == pytest.approx(found.time_half_width)

    @pytest.mark.parametrize("epochs", [0, 1, 2])
    def test_fewer_than_three_epochs_have_no_exponent_of_time(self, epochs: int) -> None:
        """No samples at all are those of an accepted baseline."""
        (found,) = growths("f", law("a", lambda length: length**2.0, epochs=epochs))
        assert (found.time, found.last, found.time_half_width) == (None, None, None)
        assert found.memory == pytest.approx(1.0)

    def test_lengths_by_two_clocks_have_none(self) -> None:
        first, *others = law("a", lambda length: length**2.0)
        by_wall = replace(first, metrics=Metrics({**first.metrics, "step_clock": "wall"}))
        (found,) = growths("f", [by_wall, *others])
        assert found.time is None

    def test_short_lengths_do_not_count(self) -> None:
        """Where a call costs more than the attention, a law of length does not show."""
        rows = law("a", lambda length: 1.0 if length < SHORTEST else length**2, lengths=(64, 128, 256, *LENGTHS))
        (found,) = growths("f", rows)
        assert found.time == pytest.approx(2.0)
        assert found.lengths == (64, 128, 256, *LENGTHS)

    @pytest.mark.parametrize("lengths", [(64, 128, 256), (256, 512), (512,)])
    def test_one_long_length_has_no_slope(self, lengths: tuple[int, ...]) -> None:
        (found,) = growths("f", law("a", float, lengths=lengths))
        assert (found.time, found.last, found.memory) == (None, None, None)

    def test_memory_that_is_not_known_has_none(self) -> None:
        rows = [replace(one, metrics=Metrics({"step_seconds": 1.0})) for one in law("a", float)]
        (found,) = growths("f", rows)
        assert (found.time, found.memory) == (pytest.approx(1.0), None)

    def test_the_last_is_of_the_two_longest(self) -> None:
        """Linear up to 2,048, and then quadratic."""
        rows = law("a", lambda length: length * max(1.0, length / 2048))
        (found,) = growths("f", rows)
        assert found.last == pytest.approx(2.0)
        assert found.time is not None
        assert 1.0 < found.time < 2.0

    def test_each_plugin_by_itself_in_the_order_of_the_rows(self) -> None:
        rows = [*law("b", lambda length: length**2.0), *law("a", float)]
        assert [(found.plugin, round(found.time or 0.0, 6)) for found in growths("f", rows)] == [("b", 2.0), ("a", 1.0)]


class TestTables:
    def test_a_family_is_one_table_with_exponents_and_crossings(self) -> None:
        rows = [
            *law("naive", lambda length: (length / 1500) ** 2 / 1e3),
            *law("linear", lambda length: length / 1500 / 1e3),
        ]
        (table,) = scaling_tables(rows)
        assert "core/fwd/causal/b1.h1.s*.d8/f32/cpu.t1" in table.title
        assert table.columns == ("attention", "512", "1024", "2048", "4096", "time", "last", "memory")
        naive, linear = cells(table, "naive"), cells(table, "linear")
        assert (naive["time"], naive["memory"], linear["time"]) == ("2.00\u00a0±0.01", "1.00", "1.00\u00a0±0.01")
        assert float(naive["4096"]) == pytest.approx((4096 / 1500) ** 2, rel=0.01)  # milliseconds
        crossover = "linear becomes faster than naive between 1,024 and 2,048 positions"
        assert table.notes[1:] == (f"{crossover}: from 1.46 (1.46 to 1.46) to 0.73 (0.73 to 0.73) of its time",)

    def test_without_samples_nothing_is_concluded(self) -> None:
        rows = [
            *law("naive", lambda length: length**2.0, epochs=0),
            *law("linear", lambda length: 1e3 * length, epochs=0),
        ]
        (table,) = scaling_tables(rows)
        assert [cells(table, "naive")[column] for column in ("time", "last", "memory")] == ["-", "-", "1.00"]
        assert len(table.notes) == 1

    def test_semantics_are_not_mixed(self) -> None:
        window = replace(CAUSAL, semantics=Semantics(mask="window", reach=256))
        rows = [*law("a", float), *law("a", lambda length: length**2.0, of=window)]
        tables = scaling_tables(rows)
        assert [cells(table, "a")["time"] for table in tables] == ["1.00\u00a0±0.01", "2.00\u00a0±0.01"]
        assert all(" becomes faster " not in note for table in tables for note in table.notes)

    @pytest.mark.parametrize(
        "change", [{"dtype": "bf16"}, {"batch": 2}, {"phase": "fwd_bwd"}, {"threads": 2}, {"d_qk": 4}]
    )
    def test_nor_is_anything_else_but_length(self, change: dict[str, object]) -> None:
        rows = [*law("a", float), *law("a", float, of=replace(CAUSAL, **change))]
        assert len(scaling_tables(rows)) == 2

    def test_decoding_grows_with_its_keys(self) -> None:
        decode = replace(CAUSAL, level="decode", q_len=1)
        (table,) = scaling_tables(law("kv-cache", float, of=decode))
        assert "decode/fwd/causal/b1.h1.s1:*.d8.m8/" in table.title
        assert cells(table, "kv-cache")["time"] == "1.00\u00a0±0.01"

    def test_a_length_that_a_plugin_has_not_is_a_dash(self) -> None:
        rows = [*law("a", float), *law("b", float, lengths=(512, 1024))]
        (table,) = scaling_tables(rows)
        assert (cells(table, "b")["2048"], cells(table, "a")["2048"]) == ("-", "2,050,000")

    def test_rows_without_a_time_and_single_lengths_make_none(self) -> None:
        failed = [replace(measured, status=Status.FAILED) for measured in law("a", float)]
        assert scaling_tables(failed) == ()
        assert scaling_tables(law("a", float, lengths=(1024,))) == ()
        assert scaling_tables([]) == ()


PIPELINE = {
    "mb_per_s": 0.0123,
    "tokenize_share": 0.25,
    "embed_share": 0.05,
    "attend_share": 0.7,
    "flop_per_kb": 12.3e6,
    "context_bytes": 4567.0,
    "step_seconds": 1.0,
}


class TestPipelines:
    WORKLOAD = Workload.self_attention("pipeline", batch=2, length=1024, d_model=8, source=TEXT)

    def test_text_per_second_and_where_the_time_goes(self) -> None:
        other = replace(self.WORKLOAD, source=replace(TEXT, tokenizer="characters"))
        (table,) = scaling_tables([row("sdpa", self.WORKLOAD, **PIPELINE), row("nn-mha", other, **PIPELINE)])
        found = cells(table, "sdpa")
        assert (found["tokenizer"], cells(table, "nn-mha")["tokenizer"]) == ("gpt2", "characters")
        assert (found["kB/s"], found["MFLOP per kB"], found["bytes in a context"]) == ("12.3", "12.3", "4,567")
        assert (found["tokenize"], found["embed"], found["attend"]) == ("25.0%", "5.00%", "70.0%")
        assert found["status"] == "ok"

    def test_a_busy_one_says_so(self) -> None:
        (table,) = scaling_tables([row("sdpa", self.WORKLOAD, **PIPELINE, busy=True)])
        assert cells(table, "sdpa")["status"] == "ok, busy"

    def test_a_failed_one_is_a_row_and_one_that_is_not_offered_is_none(self) -> None:
        rows = [row("sdpa", self.WORKLOAD, Status.FAILED), row("window", self.WORKLOAD, Status.UNSUPPORTED)]
        (table,) = scaling_tables(rows)
        assert [found[1] for found in table.rows] == ["sdpa"]
        assert (cells(table, "sdpa")["kB/s"], cells(table, "sdpa")["status"]) == ("-", "failed")

    def test_they_have_no_growth(self) -> None:
        longer = replace(self.WORKLOAD, q_len=2048, kv_len=2048)
        tables = scaling_tables([row("sdpa", of, **PIPELINE) for of in (self.WORKLOAD, longer)])
        assert [len(table.rows) for table in tables] == [2]
