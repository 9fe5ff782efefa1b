"""How rows grow with length, where they cross, and the table of pipelines: on made-up rows whose laws are known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assay.records.results import AttentionCase, Measurement, Metrics, Status, Value
from assay.records.semantics import Semantics
from assay.records.workload import TextSource, Workload
from assay.report.tables.attention_scaling import CLEAR, SHORTEST, crossings, growths, scaling_tables
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
) -> list[Measurement]:
    """A row for each length, whose time and memory follow a law."""
    return [
        row(
            plugin,
            replace(of, q_len=length if of.level == "core" else 1, kv_len=length),
            step_seconds=seconds(length),
            peak_bytes=peak(length),
        )
        for length in lengths
    ]


def cells(table: Table, plugin: str) -> dict[str, str]:
    (found,) = (row for row in table.rows if plugin in row)
    return dict(zip(table.columns, found, strict=True))


class TestGrowth:
    @given(time=st.floats(-1.0, 4.0), memory=st.floats(0.0, 3.0), factor=st.floats(1e-9, 1e3))
    def test_of_a_power_law_is_its_exponent(self, time: float, memory: float, factor: float) -> None:
        rows = law("a", lambda length: factor * length**time, lambda length: 7.0 * length**memory)
        (found,) = growths("f", rows)
        assert (found.plugin, found.family, found.lengths) == ("a", "f", LENGTHS)
        assert found.time == pytest.approx(time, abs=1e-9)
        assert found.memory == pytest.approx(memory, abs=1e-9)

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
        rows = [
            row("a", replace(CAUSAL, q_len=length, kv_len=length), step_seconds=float(length)) for length in LENGTHS
        ]
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


class TestCrossings:
    @given(
        where=st.floats(520.0, 4000.0),
        slow=st.floats(1.5, 3.0),
        fast=st.floats(-0.5, 1.0),
    )
    def test_of_two_power_laws_are_found_exactly(self, where: float, slow: float, fast: float) -> None:
        assume(all((slow - fast) * abs(math.log(length / where)) > 1.001 * CLEAR for length in LENGTHS))
        steep = law("steep", lambda length: (length / where) ** slow)
        flat = law("flat", lambda length: (length / where) ** fast)
        for rows in ([*steep, *flat], [*flat, *steep]):
            ((before, after, length),) = crossings(rows)
            assert (before, after) == ("steep", "flat")
            assert length == pytest.approx(where)

    def test_there_and_back_are_two(self) -> None:
        times = {512: 1.0, 1024: 4.0, 2048: 1.0}
        rows = [
            *law("bent", times.__getitem__, lengths=tuple(times)),
            *law("even", lambda _: 2.0, lengths=tuple(times)),
        ]
        found = [(before, after, round(length)) for before, after, length in crossings(rows)]
        assert found == [("bent", "even", 724), ("even", "bent", 1448)]

    @pytest.mark.parametrize("times", [(1.0, 2.06), (1.94, 4.0)])
    def test_what_differs_by_less_than_5_percent_at_one_length_does_not_cross(self, times: tuple[float, float]) -> None:
        """The other takes 2 at both: noise can turn one of these round."""
        ends = dict(zip((512, 1024), times, strict=True))
        rows = [*law("a", ends.__getitem__, lengths=(512, 1024)), *law("b", lambda _: 2.0, lengths=(512, 1024))]
        assert list(crossings(rows)) == []

    def test_it_lies_where_the_faster_one_changes_not_halfway_to_a_clear_difference(self) -> None:
        times = {512: 1.8, 1024: 1.98, 2048: 1.99, 4096: 3.0}
        rows = [
            *law("a", times.__getitem__, lengths=tuple(times)),
            *law("b", lambda _: 2.0, lengths=tuple(times)),
        ]
        ((before, after, length),) = crossings(rows)
        assert (before, after) == ("a", "b")
        assert 2048 < length < 2200

    def test_none_where_one_is_always_faster_or_no_two_lengths_are_shared(self) -> None:
        assert list(crossings([*law("a", float), *law("b", lambda length: 2.0 * length)])) == []
        apart = [*law("a", float, lengths=(512, 1024)), *law("b", lambda length: 1e6 / length, lengths=(2048, 4096))]
        assert list(crossings(apart)) == []


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
        assert (naive["time"], naive["memory"], linear["time"]) == ("2.00", "1.00", "1.00")
        assert float(naive["4096"]) == pytest.approx((4096 / 1500) ** 2, rel=0.01)  # milliseconds
        assert table.notes[-1] == "linear is faster than naive from about 1,500 positions on"

    def test_semantics_are_not_mixed(self) -> None:
        window = replace(CAUSAL, semantics=Semantics(mask="window", reach=256))
        rows = [*law("a", float), *law("a", lambda length: length**2.0, of=window)]
        tables = scaling_tables(rows)
        assert [cells(table, "a")["time"] for table in tables] == ["1.00", "2.00"]
        assert all(" positions on" not in note for table in tables for note in table.notes)

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
        assert cells(table, "kv-cache")["time"] == "1.00"

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

    def test_a_failed_one_is_a_row_and_one_that_is_not_offered_is_none(self) -> None:
        rows = [row("sdpa", self.WORKLOAD, Status.FAILED), row("window", self.WORKLOAD, Status.UNSUPPORTED)]
        (table,) = scaling_tables(rows)
        assert [found[1] for found in table.rows] == ["sdpa"]
        assert (cells(table, "sdpa")["kB/s"], cells(table, "sdpa")["status"]) == ("-", "failed")

    def test_they_have_no_growth(self) -> None:
        longer = replace(self.WORKLOAD, q_len=2048, kv_len=2048)
        tables = scaling_tables([row("sdpa", of, **PIPELINE) for of in (self.WORKLOAD, longer)])
        assert [len(table.rows) for table in tables] == [2]
