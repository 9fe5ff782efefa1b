"""Tables: TSV for a pipe, Markdown for a page, and a terminal where nothing is cut."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from assay.records import AttentionCase, Measurement, Metric, Status, TokenizerCase, Value
from assay.tables import Table, as_markdown, as_tsv, raw_tables, result_tables, write
from assay.workload import Workload

WORKLOAD = Workload.self_attention("core", batch=1, length=4, d_model=8)
PLAIN = Table(
    title="a title",
    columns=("name", "count"),
    rows=(("one", "1"), ("two | three", "23")),
    numeric=frozenset({"count"}),
    notes=("a note",),
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def drawn(tables: Sequence[Table], width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a terminal of that width shows, without its colours."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal()
    write(tables, terminal)
    return re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())


def tokenizer(name: str = "t", status: Status = Status.OK, held_out: float = 0.0, **figures: Value) -> Measurement:
    return Measurement(
        case=TokenizerCase(tokenizer=name, corpus="c", held_out=held_out),
        status=status,
        metrics=tuple(Metric(name=metric, value=value) for metric, value in figures.items()),
    )


def attention(name: str = "a", **figures: Value) -> Measurement:
    return Measurement(
        case=AttentionCase(attention=name, workload=WORKLOAD),
        status=Status.OK,
        metrics=tuple(Metric(name=metric, value=value) for metric, value in figures.items()),
    )


def cells(table: Table, row: int = 0) -> dict[str, str]:
    return dict(zip(table.columns, table.rows[row], strict=True))


class TestTsv:
    def test_header_and_rows(self) -> None:
        assert as_tsv(PLAIN) == "name\tcount\none\t1\ntwo | three\t23\n"

    def test_a_cell_stays_a_cell(self) -> None:
        table = Table(title="", columns=("a", "b"), rows=(("one\ttwo\n three", ""),))
        assert as_tsv(table) == "a\tb\none two three\t\n"

    def test_a_pipe_gets_tsv_and_tables_without_rows_are_left_out(self) -> None:
        pipe = io.StringIO()
        write([PLAIN, Table(title="empty", columns=("x",), rows=()), PLAIN], pipe)
        assert pipe.getvalue() == as_tsv(PLAIN) + "\n" + as_tsv(PLAIN)


class TestMarkdown:
    def test_whole(self) -> None:
        assert as_markdown(PLAIN) == (
            "### a title\n\n| name | count |\n| --- | ---: |\n| one | 1 |\n| two \\| three | 23 |\n\n- a note\n"
        )

    def test_a_bar_does_not_make_a_column(self) -> None:
        table = Table(title="", columns=("a|b", "c"), rows=(("|", "x||y"),))
        for line in as_markdown(table).splitlines()[2:]:
            assert len(re.findall(r"(?<!\\)\|", line)) == 3

    def test_a_line_break_does_not_end_a_row(self) -> None:
        table = Table(title="", columns=("a", "b"), rows=(("one\ntwo", "three\r\nfour"),))
        assert len(as_markdown(table).strip().splitlines()) == 3 + 2

    def test_a_line_break_does_not_end_a_note(self) -> None:
        table = Table(title="", columns=("a",), rows=(("1",),), notes=("one\n\n# two",))
        assert as_markdown(table).splitlines()[-1].startswith("- one")


NAMES = ("gpt2", "[red]", "[bold]x[/bold]", "a-very-long-plugin-name-that-nobody-would-type", "[/nonsense]")


class TestTerminal:
    @pytest.mark.parametrize("width", [20, 40, 80, 200])
    def test_nothing_is_cut(self, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
        figures = {"vocabulary_size": 50_257, "tokens": 123_456_789, "bytes_per_token": 3.98, "round_trip": 1.0}
        (table,) = result_tables([tokenizer(name, **figures) for name in NAMES])
        shown = drawn([table], width, monkeypatch)
        for word in {word for row in (table.columns, *table.rows) for cell in row for word in cell.split()}:
            assert word in shown
        assert "…" not in shown

    def test_sentences_are_wrapped_and_names_are_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sentence = "a summary of so many words that no terminal of forty columns has room for it"
        table = Table(title="t", columns=("name", "summary"), rows=(("multi-head-split", sentence),))
        shown = drawn([table], 40, monkeypatch)
        assert "multi-head-split" in shown
        assert [word for word in sentence.split() if word not in shown] == []
        assert max(map(len, shown.splitlines())) <= 40

    @pytest.mark.parametrize("name", NAMES)
    def test_markup_is_text(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        table = Table(
            title=f"title {name}", columns=(f"head {name}", "x"), rows=((name, name),), notes=(f"note {name}",)
        )
        shown = drawn([table], 120, monkeypatch)
        assert f"title {name}" in shown
        assert f"head {name}" in shown
        assert f"note {name}" in shown
        assert shown.count(name) == 5

    def test_a_long_name_is_in_one_piece_whatever_its_script(self, monkeypatch: pytest.MonkeyPatch) -> None:
        name = "分词器分词器分词器分词器"
        table = Table(title="t", columns=("name", "summary"), rows=((name, "so many words " * 5),))
        assert name in drawn([table], 20, monkeypatch)

    def test_numbers_are_set_to_the_right(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = drawn([PLAIN], 80, monkeypatch).splitlines()
        one, two = (next(line for line in lines if line.startswith(name)) for name in ("one", "two"))
        assert one.rstrip().endswith("  1")
        assert len(one.rstrip()) == len(two.rstrip())

    def test_notes_stand_below(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert drawn([PLAIN], 80, monkeypatch).rstrip().splitlines()[-1] == "  a note"


class TestResultTables:
    def test_one_for_each_group(self) -> None:
        rows = [tokenizer("x"), tokenizer("y"), tokenizer("x", held_out=0.1), attention()]
        tables = result_tables(rows)
        assert [table.title for table in tables] == [
            "tokenizer: c/all",
            "tokenizer: c/held-out-10",
            f"attention: {WORKLOAD.id}",
        ]
        assert [len(table.rows) for table in tables] == [2, 1, 1]

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

    @pytest.mark.parametrize(("spread", "shown"), [(0.0, "±0.0%"), (0.0949, "±9.5%"), (0.1, "±10%"), (1.234, "±123%")])
    def test_the_spread_stands_beside_the_speed(self, spread: float, shown: str) -> None:
        text, step = result_tables(
            [tokenizer(encode_mb_per_s=5.0, encode_spread=spread), attention(step_seconds=2e-6, step_spread=spread)]
        )
        assert cells(text)["encode MB/s"] == f"5\xa0{shown}"
        assert cells(step)["latency µs"] == f"2\xa0{shown}"

    @pytest.mark.parametrize("width", [20, 80])
    def test_a_figure_and_what_stands_beside_it_stay_on_one_line(
        self, width: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tables = result_tables([tokenizer(encode_mb_per_s=12.3, encode_spread=0.01, unknown_tokens=7)])
        assert "12.3\xa0±1.0%" in drawn(tables, width, monkeypatch)

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (0.01234, "0.0123"),
            (1.0, "1"),
            (12.345, "12.3"),
            (999.4, "999"),
            (999.7, "1,000"),
            (1000.0, "1,000"),
            (1234.5, "1,230"),
            (9999.9, "10,000"),
            (123_456_789.0, "123,000,000"),
        ],
    )
    def test_three_digits_without_an_exponent(self, value: float, shown: str) -> None:
        (table,) = result_tables([attention(tokens_per_s=value)])
        assert cells(table)["tokens/s"] == shown

    def test_lossy_says_where(self) -> None:
        (table,) = result_tables([tokenizer(round_trip=0.0, round_trip_difference="document 0 differs at 3")])
        assert cells(table)["round trip"] == "lossy"
        assert table.notes == ("t: not exact, document 0 differs at 3",)

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
        assert as_tsv(table).splitlines()[1].endswith("\tfailed\twrong output")

    def test_what_is_not_offered_is_left_out(self) -> None:
        assert raw_tables([replaced(tokenizer(), Status.UNSUPPORTED)]) == ()
