"""Tables on a terminal of any width: whole, safe, and drawn with what it can show."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from itertools import takewhile

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from assay.records.results import Measurement, Metrics, Status, TokenizerCase, Value
from assay.report.tables.results import Table, result_tables, write
from assay.report.text.terminal_table import cells_of, width_of, wrapped

STYLE = re.compile(r"\x1b\[[0-9;]*m")
WIDTHS = [60, 80, 100, 120, 200]
NAMES = (
    *("gpt2", "[red]", "[bold]x[/bold]", "[/nonsense]", "a-very-long-plugin-name-that-nobody-would-type"),
    *("分词器分词器分词器分词器", "e\u0301te\u0301", "x" * 200),
)
HOSTILE = (
    "\x1b[31mred",
    "a\x9b1mb",
    "\u202eback\u200f",
    "bell\x07\x08\x7f",
    "two\nlines\r\tx",
    "\ud800",
    "[link=x]y[/link]",
)
FIGURES: dict[str, Value] = {
    "vocabulary_size": 200_019,
    "tokens": 123_456_789,
    "bytes_per_token": 3.98,
    "round_trip": 1.0,
    "unknown_tokens": 123_456,
    "unknown_token_rate": 0.123,
    "encode_mb_per_s": 12.3,
    "encode_spread": 0.1,
    "encode_tokens_per_s": 3.4e6,
    "encode_ratio": 1.23,
    "encode_ratio_low": 1.2,
    "encode_ratio_high": 1.26,
}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:
        return self._encoding

    def isatty(self) -> bool:
        return True


def received(tables: Sequence[Table], width: int, monkeypatch: pytest.MonkeyPatch, encoding: str = "utf-8") -> str:
    """All that a terminal of that width receives."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal(encoding)
    write(tables, terminal)
    return terminal.getvalue()


def drawn(tables: Sequence[Table], width: int, monkeypatch: pytest.MonkeyPatch, encoding: str = "utf-8") -> str:
    """What it shows, without its colours."""
    return STYLE.sub("", received(tables, width, monkeypatch, encoding))


def rows_of(names: Sequence[str] = NAMES) -> tuple[Table, ...]:
    rows = [
        Measurement(
            case=TokenizerCase(tokenizer=name, corpus="c"),
            status=Status.OK,
            metrics=Metrics(FIGURES),
        )
        for name in names
    ]
    return result_tables(rows)


def test_lines_fit_the_terminal_and_the_headline_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    for width in WIDTHS:
        lines = drawn(rows_of(), width, monkeypatch).splitlines()
        assert max(map(cell_len, lines)) <= width
        rows = [line for line in lines if line.endswith(" ok")]
        assert len(rows) == len(NAMES)
        for row in rows:
            assert re.search(r" 123,456,789 +(\S+ \S+ +)?3\.98 +(exact +)?12\.3 ±10% +(3\.4 +)?1\.23 +ok$", row)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_name_is_whole_and_wraps_only_when_it_is_long(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    body = iter(drawn(rows_of(), width, monkeypatch).partition("─\n")[2].splitlines())
    for name in NAMES:
        first = next(body)
        assert cell_len(name) > 20 or first.startswith(f"{name} ")
        rest = name[sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(name, first, strict=False))) :]
        while rest:
            following = next(body).strip()
            assert following
            assert rest.startswith(following)
            rest = rest.removeprefix(following)


def test_columns_give_way_in_order_and_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    left = {}
    for width in WIDTHS:
        note = re.search(
            r"  left out at (\d+) columns: (.*?);", " ".join(drawn(rows_of(["gpt2"]), width, monkeypatch).split("\n"))
        )
        left[width] = [re.sub(" +", " ", title) for title in note[2].split(", ")] if note else []
        assert note is None or note[1] == str(width)
    assert left == {
        60: ["vocab", "unknown", "round trip", "encode Mtok/s"],
        80: ["vocab", "encode Mtok/s"],
        100: [],
        120: [],
        200: [],
    }


def test_a_table_in_which_nothing_may_give_way_stands_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = tuple(f"tokenizer-number-{number}" for number in range(9))
    rows = tuple((language, *(f"{number}.25\u00a0{number}00" for number in range(9))) for language in ("de", "日本語"))
    table = Table(title="parity", columns=("language", *columns), rows=rows, numeric=frozenset(columns))
    shown = drawn([table], 60, monkeypatch)
    lines = shown.splitlines()
    assert max(map(cell_len, lines)) <= 60
    assert all(column in shown for column in columns)
    assert all(f"{number}.25 {number}00" in shown for number in range(9))
    assert (
        len([line for line in lines if line.startswith("日本語")])
        == len([line for line in lines if "language" in line])
        > 1
    )
    assert "left out" not in shown


@pytest.mark.parametrize("width", [20, 60, 200])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_are_text(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(title=f"t {name}", columns=(f"h{name}", "x"), rows=((name, f"{name} {name}"),), notes=(f"n {name}",))
    assert all(line.isprintable() for line in drawn([table], width, monkeypatch).split("\n"))


def test_a_text_without_end_in_a_column_of_figures_is_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(
        title="t", columns=("name", "first"), rows=(("a", "x" * 1_000), ("b", "2")), numeric=frozenset(("first",))
    )
    shown = drawn([table], 60, monkeypatch)
    assert max(map(len, shown.splitlines())) <= 60
    assert shown.count("x") == 1_000


def test_a_name_of_ten_thousand_characters_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = drawn(rows_of(["[b]" + "x" * 10_000, "gpt2"]), 80, monkeypatch)
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.count("x") >= 10_000
    assert re.search(r"^gpt2 .* ok$", shown, re.MULTILINE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(st.tuples(*[st.text(st.characters(), max_size=40)] * 3), min_size=1, max_size=4),
    st.integers(20, 130),
    st.sampled_from(["utf-8", "ascii"]),
)
def test_whatever_is_in_it_only_printable_characters_and_styles_reach_the_terminal(
    monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, ...]], width: int, encoding: str
) -> None:
    table = Table(title=rows[0][0], columns=rows[0], rows=tuple(rows), notes=rows[0], drop_order=(rows[0][2],))
    lines = drawn([table], width, monkeypatch, encoding).split("\n")
    assert all(line.isprintable() for line in lines)
    assert encoding == "utf-8" or all(map(str.isascii, lines))
    assert max(map(cells_of, lines)) <= width


def test_an_output_that_knows_only_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(title="latency µs", columns=("name", "é"), rows=(("é", "12 ±5%"),), notes=("2 \u00d7 3 …",))
    assert drawn([table], 80, monkeypatch, "ascii") == (
        "latency us\nname     <C3 A9>\n----------------\n<C3 A9>  12 +-5%\n  2 x 3 ...\n\n"
    )


class TestColour:
    TABLE = Table(title="t", columns=("name", "status"), rows=(("gpt2", "failed"),))

    def test_a_terminal_has_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "\x1b[31mfailed\x1b[0m" in received([self.TABLE], 80, monkeypatch)

    @pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
    def test_it_can_be_forbidden(self, name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setenv(name, value)
        terminal = Terminal()
        write([self.TABLE], terminal)
        assert "\x1b[3" not in terminal.getvalue()
        assert "failed" in terminal.getvalue()

    def test_a_pipe_has_none_unless_it_is_drawn_and_colour_is_forced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv("TERM", "xterm-256color")
        shown = {}
        for forced in ("", "1"):
            monkeypatch.setenv("FORCE_COLOR", forced)
            for shape in (None, "table"):
                pipe = io.StringIO()
                write([self.TABLE], pipe, shape)
                shown[forced, shape] = "\x1b" in pipe.getvalue()
        assert shown == {("", None): False, ("1", None): False, ("", "table"): False, ("1", "table"): True}


def test_a_pipe_has_no_end_unless_columns_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert width_of(io.StringIO()) > 10_000
    assert width_of(Terminal()) == 80
    for told, width in (("100", 100), ("3", 20), ("0", 80), ("wide", 80)):
        monkeypatch.setenv("COLUMNS", told)
        assert width_of(Terminal()) == width


def test_numbers_are_set_to_the_right_and_titles_stand_level(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (("one", "1", "a sentence of so many words that it must wrap"), ("two", "23", "x"))
    table = Table(
        title="t", columns=("name", "bytes per token", "summary"), rows=rows, numeric=frozenset({"bytes per token"})
    )
    assert drawn([table], 40, monkeypatch) == (
        "t\n"
        "      bytes\n"
        "        per\n"
        "name  token  summary\n"
        f"{'─' * 40}\n"
        "one       1  a sentence of so many words\n"
        "             that it must wrap\n"
        "two      23  x\n"
        "\n"
    )


@example("0\x1f\xa0", 2)
@given(st.text(st.characters(), max_size=80), st.integers(2, 40))
def test_wrapping_loses_nothing_and_fits(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join(lines).replace(" ", "").replace("\xa0", "") == text.replace(" ", "").replace("\xa0", "")
    assert all(cells_of(line) <= width for line in lines)


def test_a_character_and_what_stands_on_it_stay_together() -> None:
    assert wrapped("e\u0301" * 5, 2) == ["e\u0301e\u0301", "e\u0301e\u0301", "e\u0301"]
    assert wrapped("日本語", 4) == ["日本", "語"]
    assert wrapped("12.3\xa0±10% or", 9) == ["12.3 ±10%", "or"]
