"""A table as TSV and as Markdown: a row stays a row, and whatever stands in it is text."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assay.report.text.table import Table, as_markdown, as_tsv

PLAIN = Table(
    title="a title",
    columns=("name", "count"),
    rows=(("one", "1"), ("two | three", "23")),
    numeric=frozenset({"count"}),
    notes=("a note",),
)
DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
NASTY = st.text(
    st.one_of(st.characters(), st.sampled_from("\t\n\r\x0b\x1b\x1f\x85\x9b\u2028\u202e|`<&\\[_*@")), max_size=12
)
anything = st.lists(st.tuples(NASTY, NASTY), min_size=1, max_size=4).map(
    lambda rows: Table(title=rows[0][0], columns=("a", "b"), rows=tuple(rows), notes=(rows[0][1],))
)


class TestTsv:
    def test_header_and_rows(self) -> None:
        assert as_tsv(PLAIN) == "name\tcount\none\t1\ntwo | three\t23\n"

    def test_a_cell_stays_a_cell(self) -> None:
        table = Table(title="", columns=("a", "b"), rows=(("one\ttwo\n three", ""),))
        assert as_tsv(table) == "a\tb\none two three\t\n"

    def test_what_a_terminal_obeys_is_written_as_bytes(self) -> None:
        table = Table(title="", columns=("a",), rows=(("x\x1b[31m\x9b1m\u202ey\xa0z",),))
        assert as_tsv(table) == "a\nx<1B>[31m<C2 9B>1m<E2 80 AE>y z\n"

    @given(anything)
    def test_rows_and_cells_are_as_many_as_there_are(self, table: Table) -> None:
        lines = as_tsv(table).split("\n")
        assert [len(line.split("\t")) for line in lines] == [*[2] * (len(table.rows) + 1), 1]
        assert all(line.replace("\t", "").isprintable() for line in lines)


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

    def test_markup_is_text(self) -> None:
        table = Table(title="<b>", columns=("*a*",), rows=(("[x](y) `c` <script> &amp; ~~s~~ $m$ _u_ a_b",),))
        shown = as_markdown(table)
        assert shown.startswith("### \\<b\\>")
        assert "\\[x\\](y) \\`c\\` \\<script\\> \\&amp; \\~\\~s\\~\\~ \\$m\\$ \\_u\\_ a_b" in shown

    def test_nobody_is_called(self) -> None:
        table = Table(title="", columns=("a",), rows=(("@somebody",),), notes=("ask @somebody",))
        assert "@somebody" not in as_markdown(table)

    def test_a_note_that_looks_like_a_heading_or_a_list_is_a_note(self) -> None:
        notes = ("# a heading", "1. a list", "- a list", "> a quotation", "---", "an end #", "-")
        page = as_markdown(Table(title="1. # #", columns=("a",), rows=(("-",),), notes=notes))
        found = MarkdownIt("commonmark").enable("table").parse(page)
        assert [one.tag for one in found if one.nesting == 1 and one.tag in ("h1", "h3", "ol", "ul", "li", "p")] == [
            *("h3", "ul"),
            *("li", "p") * len(notes),
        ]
        inline = ["".join(part.content for part in one.children or ()) for one in found if one.type == "inline"]
        assert inline == ["1. # #", "a", "-", *notes]
        assert "| - |" in page

    @given(anything)
    def test_rows_and_cells_are_as_many_as_there_are(self, table: Table) -> None:
        shown = as_markdown(table)
        rows = [line for line in shown.split("\n") if line.startswith("| ")]
        assert len(rows) == len(table.rows) + 2
        for row in rows:
            assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 3
        assert not any(unicodedata.category(char) == "Cc" for char in shown.replace("\n", ""))
        assert not any(unicodedata.bidirectional(char) in DIRECTIONS for char in shown)
