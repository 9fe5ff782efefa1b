"""The history of a metric over real stores, machine by machine, and how it is drawn."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.comparison.history import history
from assay.errors import UnknownName
from assay.records.results import (
    AttentionCase,
    Case,
    GroupResult,
    Manifest,
    Measurement,
    Metrics,
    Outcome,
    Run,
    Status,
    TokenizerCase,
    Value,
)
from assay.records.workload import TextSource, Workload
from assay.report.formats.history import ASCII, BLOCKS, as_json, marks_for, raw_tables, spark, tables_of
from assay.store.store import Store

HERE = {
    "processor": "One",
    "cores": "2",
    "platform": "Linux-5-x86_64-glibc",
    "python": "CPython 3.11.1",
    "torch": "2.1",
}
REGEX = TokenizerCase(tokenizer="regex", corpus="the-verdict")
GPT2 = TokenizerCase(tokenizer="gpt2", corpus="wiki")
PLAIN = Workload.self_attention("core", batch=1, length=4, d_model=8)
SDPA = AttentionCase(attention="sdpa", workload=PLAIN)
OVER_TEXT = AttentionCase(
    attention="naive",
    workload=replace(PLAIN, source=TextSource(corpus="the-verdict", tokenizer="gpt2")),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as opened:
        yield opened


def run_of(number: int, environment: Mapping[str, str] = HERE) -> Run:
    return Run(
        id=f"run-{number:03}",
        started=f"2026-11-23T02:{number // 60:02}:{number % 60:02}",
        suite="tutorial/1",
        command="assay run",
        environment={**environment, "git": f"rev{number}", "load": str(number)},
    )


def row_of(case: Case, **figures: Value) -> Measurement:
    metrics = Metrics(figures)
    return Measurement(case=case, status=Status.OK, metrics=metrics)


def keep(store: Store, run: Run, *rows: Measurement) -> None:
    store.begin(run, [row.case for row in rows])
    store.add(run.id, GroupResult(measurements=rows))
    store.finish(run.id, "complete")


def fill(
    store: Store, metric: str, values: list[Value], environments: Mapping[int, Mapping[str, str]] | None = None
) -> None:
    """One run for each value; from the numbers given on, in another environment."""
    environment: Mapping[str, str] = HERE
    for number, value in enumerate(values):
        environment = (environments or {}).get(number, environment)
        keep(store, run_of(number, environment), row_of(REGEX, **{metric: value}))


def speeds(levels: list[tuple[int, float]]) -> list[Value]:
    generator = random.Random(1)
    return [level * (1 + 0.01 * generator.gauss(0, 1)) for count, level in levels for _ in range(count)]


class TestHistory:
    def test_points_are_the_runs_in_order(self, store: Store) -> None:
        fill(store, "tokens", [5, 5, 5])
        (series,) = history(store, "tokens")
        assert (series.case, series.metric, series.exact) == (REGEX.id, "tokens", True)
        assert [(point.run, point.git, point.value) for point in series.points] == [
            (f"run-00{number}", f"rev{number}", 5) for number in range(3)
        ]
        assert series.marks == ()
        assert len({point.environment for point in series.points}) == 1

    def test_of_an_exact_metric_every_change_is_marked_with_what_else_was_new(self, store: Store) -> None:
        fill(store, "tokens", [5, 5, 6], {2: HERE | {"torch": "2.2"}})
        (series,) = history(store, "tokens")
        (mark,) = series.marks
        assert (mark.index, mark.change, mark.differs) == (2, pytest.approx(0.2), ("torch: 2.1 -> 2.2",))
        assert len({point.environment for point in series.points}) == 2

    def test_other_code_of_the_plugin_is_among_what_was_new(self, store: Store) -> None:
        for number, (tokens, code) in enumerate([(5, None), (6, "a" * 64), (7, "a" * 64), (8, "b" * 64)]):
            keep(store, run_of(number), replace(row_of(REGEX, tokens=tokens), code=code))
        (series,) = history(store, "tokens")
        assert [mark.differs for mark in series.marks] == [(), (), ("code: aaaaaaaaaaaa -> bbbbbbbbbbbb",)]

    def test_a_timed_metric_has_steps_and_not_noise(self, store: Store) -> None:
        fill(store, "encode_mb_per_s", speeds([(12, 100.0), (12, 112.0)]))
        (series,) = history(store, "encode_mb_per_s")
        (mark,) = series.marks
        assert mark.index == 12
        assert mark.change == pytest.approx(0.12, abs=0.01)
        assert mark.differs == ()

    def test_another_clock_is_another_series_and_never_a_step(self, store: Store) -> None:
        """Twelve runs by wall time on a busy machine, then twelve by CPU time of the same code."""
        for number, value in enumerate(speeds([(12, 50.0), (12, 100.0)])):
            clock: dict[str, Value] = {"encode_clock": "cpu"} if number >= 12 else {}
            keep(store, run_of(number), row_of(REGEX, encode_mb_per_s=value, **clock))
        by_wall, by_cpu = history(store, "encode_mb_per_s")
        assert [(one.clock, len(one.points), one.marks) for one in (by_wall, by_cpu)] == [
            ("wall", 12, ()),
            ("cpu", 12, ()),
        ]
        titles = [table.title for table in tables_of((by_wall, by_cpu))]
        assert titles == [f"encode_mb_per_s by {clock} time: {REGEX.group}" for clock in ("wall", "CPU")]
        (table,) = raw_tables((by_wall, by_cpu))
        assert [row[table.columns.index("clock")] for row in table.rows] == ["wall"] * 12 + ["cpu"] * 12
        content = json.loads(as_json("encode_mb_per_s", (by_wall, by_cpu)))
        assert [one["clock"] for one in content["series"]] == ["wall", "cpu"]

    def test_a_ratio_by_cpu_time_goes_on(self, store: Store) -> None:
        keep(store, run_of(0), row_of(REGEX, encode_ratio=1.5))
        keep(store, run_of(1), row_of(REGEX, encode_ratio=1.5, encode_clock="cpu"))
        keep(store, run_of(2), row_of(REGEX, encode_ratio=1.5, encode_clock="wall"))
        assert [len(one.points) for one in history(store, "encode_ratio")] == [2, 1]

    def test_a_text_changes_or_not(self, store: Store) -> None:
        fill(store, "ids_sha256", ["a" * 64, "b" * 64, "b" * 64])
        (series,) = history(store, "ids_sha256")
        assert [(mark.index, mark.change) for mark in series.marks] == [(1, None)]

    @pytest.mark.parametrize("change", [{"processor": "Two"}, {"cores": "4"}, {"python": "CPython 3.12.1"}])
    def test_another_machine_is_another_series(self, store: Store, change: dict[str, str]) -> None:
        fill(store, "tokens", [5, 5, 6, 6], {2: HERE | change})
        first, second = history(store, "tokens")
        assert [[point.value for point in one.points] for one in (first, second)] == [[5, 5], [6, 6]]
        assert first.machine != second.machine
        assert first.marks == second.marks == ()

    def test_a_minor_release_of_python_is_none(self, store: Store) -> None:
        fill(store, "tokens", [5, 5], {1: HERE | {"python": "CPython 3.11.2"}})
        assert len(history(store, "tokens")) == 1

    @pytest.mark.parametrize(
        ("choice", "cases"),
        [
            ({}, [REGEX, GPT2, SDPA, OVER_TEXT]),
            ({"tokenizers": "re*"}, [REGEX, SDPA, OVER_TEXT]),
            ({"tokenizers": "none"}, [SDPA, OVER_TEXT]),
            ({"tokenizers": "gpt2, regex", "attentions": "none"}, [REGEX, GPT2]),
            ({"attentions": "sdpa"}, [REGEX, GPT2, SDPA]),
            ({"corpora": "the-*"}, [REGEX, OVER_TEXT]),
            ({"corpora": "core/fwd/*"}, [SDPA, OVER_TEXT]),
            ({"corpora": "no-such"}, []),
        ],
    )
    def test_cases_are_chosen_by_pattern(self, store: Store, choice: dict[str, str], cases: list[Case]) -> None:
        keep(store, run_of(0), *(row_of(case, tokens_per_s=1.0) for case in (REGEX, GPT2, SDPA, OVER_TEXT)))
        assert [one.case for one in history(store, "tokens_per_s", **choice)] == [case.id for case in cases]

    def test_accepted_runs_are_points_once(self, store: Store) -> None:
        fill(store, "tokens", [5, 5])
        rows = (row_of(REGEX, tokens=7),)
        manifest = Manifest.of(1, {Status.OK: 1})
        others = [Outcome(run=run_of(number), manifest=manifest, measurements=rows, noise=None) for number in (9, 1)]
        (series,) = history(store, "tokens", baselines=others)
        assert [(point.run, point.value) for point in series.points] == [("run-000", 5), ("run-001", 5), ("run-009", 7)]

    def test_rows_without_the_metric_have_no_point(self, store: Store) -> None:
        fill(store, "encode_mb_per_s", [1.0, float("nan"), float("inf"), 2.0])
        keep(store, run_of(9), row_of(REGEX, tokens=5))
        (series,) = history(store, "encode_mb_per_s")
        assert [point.run for point in series.points] == ["run-000", "run-003"]
        assert history(store, "decode_mb_per_s") == ()

    def test_an_unknown_metric_is_refused_and_a_plugins_is_not(self, store: Store) -> None:
        fill(store, "my_own_metric", [1, 2])
        assert len(history(store, "my_own_metric")) == 1
        for wrong, near in (("tokns", "tokens"), ("my_metric", "my_own_metric"), ("encode_mb_per_second", "mb_per_s")):
            with pytest.raises(UnknownName, match=f"did you mean .*{near}"):
                history(store, wrong)
        with pytest.raises(UnknownName, match=r"no metric named 'qqqq' \(see docs/metrics.md, and for"):
            history(store, "qqqq")


class TestDrawing:
    def test_a_table_has_the_drawing_the_ends_and_the_steps(self, store: Store) -> None:
        values = speeds([(12, 100.0), (12, 112.0)])
        fill(store, "encode_mb_per_s", values, {12: HERE | {"torch": "2.2"}})
        (table,) = tables_of(history(store, "encode_mb_per_s"))
        assert table.title == "encode_mb_per_s by wall time: tokenizer/the-verdict/all"
        (row,) = table.rows
        assert row[0] == "regex"
        assert len(row[1]) == 24
        assert set(row[1][:12]) <= set("▁▂▃")
        assert set(row[1][12:]) <= set("▆▇█")
        assert row[2:4] == ("24", f"{values[0]:.3g}")
        step, machine = table.notes
        assert step.startswith("regex: +12")
        assert step.endswith(" % at run run-012 (git rev12; torch: 2.1 -> 2.2)")
        assert machine == "on One, 2 cores, Linux x86_64, CPython 3.11"

    def test_machines_have_tables_of_their_own_and_are_said(self, store: Store) -> None:
        fill(store, "tokens", [5000, 6000], {1: HERE | {"cores": "4"}})
        tables = tables_of(history(store, "tokens"))
        assert [table.title for table in tables] == [f"tokens: {REGEX.group}, machine {number}" for number in (1, 2)]
        assert tables[1].notes == ("machine 2: One, 4 cores, Linux x86_64, CPython 3.11",)
        assert tables[1].rows == (("regex", BLOCKS[3], "1", "6,000", "6,000", "6,000", "6,000"),)

    def test_exact_changes_and_texts_say_both_values(self, store: Store) -> None:
        fill(store, "tokens", [5000, 5001])
        assert "regex: 5,000 -> 5,001 at run run-001 (git rev1)" in tables_of(history(store, "tokens"))[0].notes

    def test_texts_have_no_drawing(self, store: Store) -> None:
        fill(store, "ids_sha256", ["a" * 64, "b" * 64])
        (table,) = tables_of(history(store, "ids_sha256"))
        assert table.rows == (("regex", "-", "2", "a" * 12, "b" * 12, "-", "-"),)
        assert table.notes[0].startswith(f"regex: {'a' * 12} -> {'b' * 12} at run run-001")

    def test_digests_that_begin_alike_are_told_apart(self, store: Store) -> None:
        fill(store, "ids_sha256", ["a" * 64, "a" * 63 + "b"])
        assert f"{'a' * 64} -> {'a' * 63}b" in tables_of(history(store, "ids_sha256"))[0].notes[0]

    def test_a_program_gets_every_point_as_it_is(self, store: Store) -> None:
        fill(store, "tokens", [5, 6])
        (table,) = raw_tables(history(store, "tokens"))
        found = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        assert [(row["run"], row["value"], row["step"], row["git"]) for row in found] == [
            ("run-000", "5", "", "rev0"),
            ("run-001", "6", "0.2", "rev1"),
        ]
        assert raw_tables(()) == ()

    def test_the_document_has_the_unit_the_points_and_the_steps(self, store: Store) -> None:
        fill(store, "tokens", [5, 6])
        content: dict[str, Any] = json.loads(as_json("tokens", history(store, "tokens")))
        assert (content["schema"], content["metric"], content["unit"]) == (1, "tokens", "tokens")
        (series,) = content["series"]
        assert [point["value"] for point in series["points"]] == [5, 6]
        assert series["steps"] == [{"run": "run-001", "git": "rev1", "index": 1, "change": 0.2, "differs": []}]
        assert series["machine"]["cores"] == "2"

    def test_marks_are_those_that_the_output_can_show(self) -> None:
        assert marks_for("utf-8") == BLOCKS
        assert marks_for("ascii") == marks_for("latin-1") == marks_for(None) == marks_for("no such") == ASCII

    def test_small_noise_is_drawn_flat(self) -> None:
        assert set(spark([100, 101, 100, 99, 100])) <= set("▃▄▅▆")
        assert spark([100, 101], least=0.0) == "▁█"
        assert spark([1, 2, 3], ASCII) == "_=#"
        assert spark([0.0, 0.0]) == "▄▄"
        assert spark([]) == ""

    @given(st.lists(st.floats(-1e9, 1e9), max_size=60))
    def test_a_drawing_has_a_mark_for_each_value_up_to_its_width(self, values: list[float]) -> None:
        drawn = spark(values)
        assert len(drawn) == min(24, len(values))
        assert set(drawn) <= set(BLOCKS)
        if 0 < len(values) <= 24:
            assert drawn[values.index(max(values))] == max(drawn)
            assert drawn[values.index(min(values))] == min(drawn)
