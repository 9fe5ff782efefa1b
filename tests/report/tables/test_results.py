"""Measurements as tables for a person and for a program, and where tables go."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from assay.records.results import AttentionCase, Measurement, Metrics, Status, TokenizerCase, Value
from assay.records.workload import Workload
from assay.report.tables.columns import DROP_ORDER, LOSS_NOTE, column_of
from assay.report.tables.results import Table, as_markdown, as_tsv, raw_tables, result_tables, write

WORKLOAD = Workload.self_attention("core", batch=1, length=4, d_model=8)
PLAIN = Table(title="a title", columns=("name", "count"), rows=(("one", "1"),), notes=("±1 µs",))


def tokenizer(name: str = "t", status: Status = Status.OK, held_out: float = 0.0, **figures: Value) -> Measurement:
    return Measurement(
        case=TokenizerCase(tokenizer=name, corpus="c", held_out=held_out),
        status=status,
        metrics=Metrics(figures),
    )


def attention(name: str = "a", **figures: Value) -> Measurement:
    return Measurement(
        case=AttentionCase(attention=name, workload=WORKLOAD),
        status=Status.OK,
        metrics=Metrics(figures),
    )


def cells(table: Table, row: int = 0) -> dict[str, str]:
    return dict(zip(table.columns, table.rows[row], strict=True))


class TestWrite:
    def test_a_pipe_gets_tsv_and_tables_without_rows_are_left_out(self) -> None:
        pipe = io.StringIO()
        write([PLAIN, Table(title="empty", columns=("x",), rows=()), PLAIN], pipe)
        assert pipe.getvalue() == as_tsv(PLAIN) + "\n" + as_tsv(PLAIN)

    def test_the_shape_may_be_told(self) -> None:
        pipe = io.StringIO()
        write([PLAIN, PLAIN], pipe, "markdown")
        assert pipe.getvalue() == as_markdown(PLAIN) + "\n" + as_markdown(PLAIN)

    def test_signs_that_an_output_does_not_know_are_spelt(self) -> None:
        pipe = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
        write([PLAIN], pipe, "markdown")
        pipe.seek(0)
        assert "- +-1 us" in pipe.read()

    def test_warnings_stand_above_the_tables_but_not_in_a_pipe(self) -> None:
        told = {}
        for shape in ("table", "markdown", "tsv"):
            pipe = io.StringIO()
            write([PLAIN], pipe, shape, warnings=("It was *busy*.",))  # type: ignore[arg-type]
            told[shape] = pipe.getvalue()
        assert told["table"].startswith("It was *busy*.\n\na title\n")
        assert told["markdown"] == f"It was \\*busy\\*.\n\n{as_markdown(PLAIN)}"
        assert told["tsv"] == as_tsv(PLAIN)


class TestResultTables:
    @pytest.mark.parametrize(
        ("figures", "status"),
        [
            ({"busy": True}, "ok, busy"),
            ({"busy": False}, "ok"),
            ({"busy": True, "overhead_bound": True}, "overhead-bound, busy"),
        ],
    )
    def test_a_busy_row_says_so_beside_its_status(self, figures: dict[str, Value], status: str) -> None:
        (table,) = result_tables([attention(**figures)])
        assert cells(table)["status"] == status

    def test_one_for_each_group(self) -> None:
        rows = [tokenizer("x"), tokenizer("y"), tokenizer("x", held_out=0.1), attention()]
        tables = result_tables(rows)
        assert [table.title for table in tables] == [
            "tokenizer: c/all",
            "tokenizer: c/held-out-10",
            f"attention: {WORKLOAD.id}",
        ]
        assert [len(table.rows) for table in tables] == [2, 1, 1]

    def test_what_was_read_and_the_true_share_are_notes(self) -> None:
        rows = [tokenizer(name, held_out=0.1, corpus_notes="1 file", held_out_share=0.434) for name in ("x", "y")]
        assert result_tables(rows)[0].notes == (
            "the corpus: 1 file",
            "held out: 43 % of the bytes, where 10 % was asked for",
        )
        assert result_tables([tokenizer(held_out=0.1, held_out_share=0.1004)])[0].notes == ()

    def test_figures_for_a_person(self) -> None:
        (table,) = result_tables(
            [
                tokenizer(
                    vocabulary_size=50_257,
                    tokens=5145,
                    unknown_tokens=12,
                    unknown_token_rate=0.0123,
                    bytes_per_token=3.9804,
                    round_trip=1.0,
                    encode_mb_per_s=12.3456,
                    encode_tokens_per_s=3_456_789.0,
                    encode_spread=0.0123,
                )
            ]
        )
        found = cells(table)
        assert {
            "tokenizer": "t",
            "vocab": "50,257",
            "tokens": "5,145",
            "unknown": "12\xa01.2%",
            "bytes per token": "3.98",
            "round trip": "exact",
            "encode MB/s": "12.3\xa0±1.2%",
            "encode Mtok/s": "3.46",
            "status": "ok",
        }.items() <= found.items()

    def test_the_spread_stands_beside_the_speed_and_says_how_many_digits_it_has(self) -> None:
        text, step = result_tables(
            [
                tokenizer(encode_mb_per_s=47.2, encode_spread=0.054, encode_tokens_per_s=10.72e6),
                attention(step_seconds=9.2345e-6, step_spread=0.011, tokens_per_s=81_342.0, gemm_fraction=0.5934),
            ]
        )
        assert cells(text)["encode MB/s"] == "47\xa0±5%"
        assert cells(text)["encode Mtok/s"] == "10.7"
        assert cells(step)["latency µs"] == "9.23\xa0±1.1%"
        assert cells(step)["tokens/s"] == "81,300"
        assert cells(step)["of GEMM peak"] == "59.3%"

    def test_a_ratio_has_the_digits_of_its_interval_and_the_baseline_is_1(self) -> None:
        wide = tokenizer("wide", encode_ratio=1.234, encode_ratio_low=0.9, encode_ratio_high=1.6)
        sharp = tokenizer("sharp", encode_ratio=1.234, encode_ratio_low=1.228, encode_ratio_high=1.24)
        (table,) = result_tables([wide, sharp, tokenizer("baseline", encode_ratio=1.0)])
        assert [cells(table, number)["ratio"] for number in range(3)] == ["1.2", "1.23", "1.00"]

    def test_columns_give_way_in_the_stated_order(self) -> None:
        text, step = result_tables([tokenizer(fresh_mb_per_s=9.0), attention()])
        assert text.drop_order == ("encode Mtok/s", "vocab", "round trip", "unknown", "fresh MB/s")
        assert step.drop_order == (
            *("naive error", "of copy rate", "of GEMM peak", "peak MiB", "tokens/s", "error vs float64"),
        )
        assert set(text.drop_order + step.drop_order) == set(DROP_ORDER)

    def test_a_metric_of_a_plugin_has_a_column_of_its_own_which_is_the_first_to_give_way(self) -> None:
        (table,) = result_tables([tokenizer("a", letters=12_345, mood="good"), tokenizer("b")])
        assert table.columns[-3:] == ("letters", "mood", "status")
        assert [row[-3:-1] for row in table.rows] == [("12,345", "good"), ("-", "-")]
        assert ("letters" in table.numeric, "mood" in table.numeric) == (True, False)
        assert table.drop_order[:2] == ("mood", "letters")
        (raw,) = raw_tables([tokenizer("a", letters=12_345, mood="good"), tokenizer("b")])
        assert [cells(raw, row)["letters"] for row in range(2)] == ["12345", ""]

    def test_lossy_says_where(self) -> None:
        (table,) = result_tables([tokenizer(round_trip=0.0, round_trip_difference="document 0 differs at 3")])
        assert cells(table)["round trip"] == "lossy"
        assert table.notes == ("t: not exact, document 0 differs at 3",)

    @pytest.mark.parametrize(
        ("back", "shown"),
        [
            (0.973, "97.3%\xa0back"),
            (0.9999, "99.99%\xa0back"),
            (0.9999996, "99.99996%\xa0back"),
            (0.0, "0.0%\xa0back"),
        ],
    )
    def test_how_much_comes_back_is_never_all_where_something_is_lost(self, back: float, shown: str) -> None:
        row = tokenizer(round_trip=0.5, characters_back=back)
        (table,) = result_tables([row])
        assert cells(table)["round trip"] == shown
        (chosen,) = result_tables([row], lambda rows: [column_of("characters_back", rows)])
        assert "100" not in cells(chosen)["characters_back"]
        (raw,) = raw_tables([row])
        assert (cells(raw)["round_trip"], cells(raw)["characters_back"]) == ("0.5", str(back))

    def test_bytes_per_token_of_lost_text_are_marked_for_a_person_alone(self) -> None:
        lossy = tokenizer("lossy", round_trip=0.5, bytes_per_token=7.25, characters_back=0.9)
        exact = tokenizer("exact", round_trip=1.0, bytes_per_token=3.98)
        (table,) = result_tables([lossy, exact])
        assert [cells(table, row)["bytes per token"] for row in range(2)] == ["*7.25", "3.98"]
        assert table.notes == (LOSS_NOTE,)
        (raw,) = raw_tables([lossy, exact])
        assert [cells(raw, row)["bytes_per_token"] for row in range(2)] == ["7.25", "3.98"]
        assert result_tables([exact])[0].notes == ()
        assert result_tables([replace(lossy, metrics=Metrics(round_trip=0.5))])[0].notes == ()

    def test_marks_stay_in_chosen_columns(self) -> None:
        row = tokenizer(round_trip=0.5, bytes_per_token=7.25, compression=1.5, tokens=8)
        (table,) = result_tables([row], lambda rows: [column_of(name, rows) for name in ("compression", "tokens")])
        assert (cells(table)["compression"], cells(table)["tokens"], table.notes) == ("*1.50", "8", (LOSS_NOTE,))

    @pytest.mark.parametrize(("back", "said"), [(1.0, "all of it"), (0.98, "98.0%")])
    def test_what_the_declared_normalization_explains(self, back: float, said: str) -> None:
        row = tokenizer(
            round_trip=0.0, round_trip_difference="it differs", normalization="spaces", characters_back_normalized=back
        )
        (table,) = result_tables([row])
        assert table.notes == (f"t: not exact, it differs; after spaces, {said} comes back",)

    def test_a_good_row_may_have_a_note_too(self) -> None:
        row = tokenizer(round_trip=0.0, round_trip_difference="document 0 differs at 3")
        (table,) = result_tables([replace(row, reason="it printed 5 bytes"), replace(tokenizer("u"), reason="so")])
        assert table.notes == ("t: not exact, document 0 differs at 3; it printed 5 bytes", "u: so")
        assert [row[-1] for row in table.rows] == ["ok", "ok"]

    def test_a_row_that_is_not_ok_has_its_reason_below(self) -> None:
        failed = Measurement(
            case=TokenizerCase(tokenizer="t", corpus="c"),
            status=Status.FAILED,
            reason="the word 'x' is not in the vocabulary",
            remedy="do that",
            expected=True,
        )
        skipped = Measurement(
            case=TokenizerCase(tokenizer="u", corpus="c"), status=Status.SKIPPED, reason="needs torch"
        )
        (table,) = result_tables([failed, skipped])
        assert [row[0] for row in table.rows] == ["t", "u"]
        assert [row[-1] for row in table.rows] == ["failed", "skipped"]
        assert set(table.rows[0][1:-1]) == {"-"}
        assert table.notes == (
            "t: failed, as its plugin announces: the word 'x' is not in the vocabulary (do that)",
            "u: skipped: needs torch",
        )

    def test_what_is_not_offered_is_a_note_and_no_row(self) -> None:
        absent = [replaced(tokenizer(name), Status.UNSUPPORTED) for name in ("x", "y")]
        (table,) = result_tables([tokenizer("t"), *absent])
        assert [row[0] for row in table.rows] == ["t"]
        assert table.notes == ("not offered by x, y",)

    def test_a_step_that_measures_the_call(self) -> None:
        (table,) = result_tables([attention("a", overhead_bound=True), attention("b", overhead_bound=False)])
        assert [row[-1] for row in table.rows] == ["overhead-bound", "ok"]

    def test_of_nothing(self) -> None:
        assert result_tables([]) == ()


def replaced(row: Measurement, status: Status) -> Measurement:
    return Measurement(case=row.case, status=status, reason="not offered")


class TestRawTables:
    def test_unrounded_under_the_names_of_the_metrics(self) -> None:
        rows = [tokenizer(tokens=5145, bytes_per_token=3.980369290573372), attention(error=1.25e-07)]
        by_kind = {table.title: cells(table) for table in raw_tables(rows)}
        assert by_kind["tokenizer"]["group"] == "c/all"
        assert by_kind["tokenizer"]["tokens"] == "5145"
        assert by_kind["tokenizer"]["bytes_per_token"] == "3.980369290573372"
        assert by_kind["tokenizer"]["unknown_tokens"] == ""
        assert by_kind["attention"]["group"] == WORKLOAD.id
        assert by_kind["attention"]["error"] == "1.25e-07"

    def test_what_stands_beside_a_figure_is_a_column(self) -> None:
        rows = [
            tokenizer(encode_mb_per_s=5.25, encode_spread=0.0123, unknown_token_rate=0.5),
            attention(step_spread=0.25),
        ]
        text, step = map(cells, raw_tables(rows))
        assert (text["encode_mb_per_s"], text["encode_spread"], text["unknown_token_rate"]) == ("5.25", "0.0123", "0.5")
        assert (step["step_seconds"], step["step_spread"]) == ("", "0.25")

    def test_status_and_reason_are_columns(self) -> None:
        failed = Measurement(
            case=TokenizerCase(tokenizer="t", corpus="c"), status=Status.FAILED, reason="wrong\noutput"
        )
        (table,) = raw_tables([failed])
        assert as_tsv(table).splitlines()[1].endswith("\tfailed\t\twrong output")

    def test_busy_stands_beside_the_status(self) -> None:
        (table,) = raw_tables([tokenizer(busy=True), tokenizer(busy=False)])
        assert table.columns[-3:] == ("status", "busy", "reason")
        assert [row[-3:] for row in table.rows] == [("ok", "True", ""), ("ok", "False", "")]

    def test_what_is_not_offered_is_left_out(self) -> None:
        assert raw_tables([replaced(tokenizer(), Status.UNSUPPORTED)]) == ()
