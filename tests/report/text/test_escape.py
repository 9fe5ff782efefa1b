"""Escaped text: of one line, printable, of what the output knows, and nothing but text to Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assay.records.text import encodable
from assay.report.text.escape import (
    NO_BREAK,
    SIGNS,
    escape_csv,
    escape_markdown,
    escape_terminal,
    escape_tsv,
    escape_xml,
    markdown_code,
    to_ascii,
)

ANY = st.text(st.characters())  # halves of characters too
ENCODINGS = st.sampled_from(["utf-8", "ascii", "latin-1", "cp1252", "cp932", None, "no-such-encoding"])


@given(ANY, ENCODINGS)
def test_whatever_it_is_it_is_printable_on_one_line_and_the_output_knows_it(text: str, encoding: str | None) -> None:
    shown = escape_terminal(text, encoding).replace(NO_BREAK, " ")
    assert shown.isprintable()
    shown.encode("ascii" if encoding == "no-such-encoding" else encoding or "utf-8")


@given(ANY)
def test_cells_of_lines_are_printable_and_stay_as_they_are(text: str) -> None:
    assert escape_csv(text).replace(NO_BREAK, " ").isprintable()
    assert escape_tsv(text).isprintable()
    assert escape_tsv(escape_tsv(text)) == escape_tsv(text)


@given(ANY)
def test_what_goes_into_xml_is_one_line_that_it_can_hold(text: str) -> None:
    shown = escape_xml(text)
    assert "\n" not in shown
    assert all(char >= " " and not "\x7f" <= char <= "\x9f" and not "\ud800" <= char <= "\udfff" for char in shown)
    assert not set(shown) & set("\ufffe\uffff\u200e\u200f\u202a\u202e\u2066\u2069\u2028\ufeff")


@given(ANY)
def test_what_is_encodable_is_utf8_and_the_same_but_for_halves(text: str) -> None:
    shown = encodable(text)
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert (shown == text) == (not any("\ud800" <= char <= "\udfff" for char in text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("gpt2", "gpt2"),
        ("  two\n\tlines\x0b ", "two lines"),
        ("a\xa0b", "a\xa0b"),
        ("\x1b[31mred\x07", "<1B>[31mred<07>"),
        ("\x9b1m\x7f", "<C2 9B>1m<7F>"),
        ("a\u202eb\u200fc\u2066", "a<E2 80 AE>b<E2 80 8F>c<E2 81 A6>"),
        ("\ud800", "<ED A0 80>"),
        ("❤\ufe0f", "❤<EF B8 8F>"),
        ("日本語 e\u0301 עברית", "日本語 e\u0301 עברית"),
        ("[red]x[/red]", "[red]x[/red]"),
    ],
)
def test_escape_terminal(text: str, shown: str) -> None:
    assert escape_terminal(text) == shown


def test_an_output_that_knows_only_ascii_has_signs_spelt_and_other_characters_as_bytes() -> None:
    assert escape_terminal("12 ±5% µs \u00d7 Rényi é", "ascii") == "12 +-5% us x Renyi <C3 A9>"
    assert escape_terminal("12 ±5% µs ─ é", "latin-1") == "12 ±5% µs - é"
    assert to_ascii("±5%\té", "ascii") == "+-5%\té"


@pytest.mark.parametrize(("sign", "spelling"), SIGNS.items())
def test_every_sign_has_a_spelling_that_every_output_knows(sign: str, spelling: str) -> None:
    assert not sign.isascii()
    assert spelling.isascii()
    assert escape_terminal(sign, "ascii") == spelling
    assert escape_terminal(sign) == sign


# What Markdown is made of, thick enough that blocks, links, tables and code come about by chance.
MARKUP = st.lists(
    st.sampled_from(
        [
            *(
                "#",
                "# ",
                "- ",
                "+ ",
                "* ",
                "> ",
                "1. ",
                "23) ",
                "---",
                "- - -",
                "===",
                "    ",
                "\t",
                "\n",
                " ",
                "|",
                "| --- |",
            ),
            *("`", "``", "~~~", "**", "_", "__", "~~", "[a](b)", "[a]: b", "![", "](", "<b>", "</b>", "<!--", "&amp;"),
            *("https://a.bc", "<https://a.bc>", "www.a.bc", "a@b.cd", "@", "$x$", "\\", "!", "a", "b", "1", "1.", "é"),
        ]
    ),
    max_size=8,
).map("".join)
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# Where a text may stand: what is around it, and the elements that this alone makes.
PLACES: dict[str, tuple[Callable[[str], str], list[str]]] = {
    "paragraph": (lambda text: f"{escape_markdown(text)}\n", ["p"]),
    "item": (lambda text: f"- {escape_markdown(text)}\n- b\n", ["ul", "li", "p", "li", "p"]),
    "title": (lambda text: f"### {escape_markdown(text)}\n", ["h3"]),
    "second line": (lambda text: f"b\n{escape_markdown(text)}\n", ["p"]),
    "behind a word": (lambda text: f"b {escape_markdown(text, inline=True)}\n", ["p"]),
    "cell": (
        lambda text: f"| b |\n| --- |\n| {escape_markdown(text, inline=True)} |\n",
        ["table", "thead", "tr", "th", "tbody", "tr", "td"],
    ),
    "code": (lambda text: f"b {markdown_code(text)}\n", ["p", "code"]),
    "code in a cell": (
        lambda text: f"| b |\n| --- |\n| {markdown_code(text, cell=True)} |\n",
        ["table", "thead", "tr", "th", "tbody", "tr", "td", "code"],
    ),
}


def rendered(page: str) -> tuple[list[str], str]:
    """The elements of a Markdown page, and its words; comments are neither."""
    tags: list[str] = []
    words: list[str] = []
    for block in PARSER.parse(page):
        for token in (block, *(block.children or ())):
            tags += [token.tag] if token.nesting >= 0 and token.tag and token.type != "softbreak" else []
            words += [token.content] if token.type in ("text", "text_special", "code_inline") else []
            words += [" "] if token.type == "softbreak" else []
            assert token.type not in ("html_inline", "html_block") or token.content == "<!-- -->"
    return tags, "".join(words)


@pytest.mark.long
@pytest.mark.parametrize("place", PLACES)
@given(st.one_of(MARKUP, ANY))
@settings(max_examples=300, deadline=None)
@example("# a heading")
@example("1. a list")
@example("12) a list")
@example("- a list")
@example("-")
@example("+ a list")
@example("> a quotation")
@example("| a | table |")
@example("    code")
@example("---")
@example("- - -")
@example("===")
@example("an end #")
@example("a `name` of ``ticks`")
def test_any_text_is_nothing_but_text_in_markdown(place: str, text: str) -> None:
    write, elements = PLACES[place]
    wanted = escape_xml(text).replace(NO_BREAK, " ")
    if not wanted:
        return
    tags, words = rendered(write(text))
    words = words.replace(NO_BREAK, " ")
    assert tags == elements
    assert wanted in words
    assert words.replace(wanted, "", 1).strip() in ("", "b")


SPACES = "it's '   a' comes back\n    as ' a', not as ' '"


@pytest.mark.parametrize("escape", [escape_terminal, escape_markdown, escape_xml, escape_tsv, escape_csv])
def test_runs_of_spaces_stay_and_other_white_space_is_one_space(escape: Callable[[str], str]) -> None:
    assert escape(SPACES).replace(NO_BREAK, " ") == "it's '   a' comes back as ' a', not as ' '"


def test_spaces_that_a_page_or_the_end_of_a_line_would_swallow_are_no_break_spaces() -> None:
    assert escape_terminal("'  ' or ' '").count(NO_BREAK) == 3
    assert escape_markdown("'  a'").count(NO_BREAK) == 2


@pytest.mark.parametrize("link", ["https://a.bc", "http://a.bc", "www.a.bc", "a@b.cd", "(www.a.bc)", "ftp://a.bc"])
def test_a_bare_link_is_no_link_to_github(link: str) -> None:
    """Its extension for bare links begins at `://`, at `www.`, and at the sign between two words."""
    assert re.search(r"\w://|www\.|\w@\w", escape_markdown(link)) is None


def test_figures_stay_as_they_are() -> None:
    for text in (
        "-2",
        "+5.1 % (+4.7 to +5.6)",
        "-10 % (-29 to +13)",
        "1.5",
        "a_b",
        "C#",
        "a-b = c",
        "1,159",
        "2026-11-29",
    ):
        assert escape_markdown(text) == text
    assert escape_markdown("-", inline=True) == "-"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("assay run", "`assay run`"),
        ("a`b", "`` a`b ``"),
        ("`", "`` ` ``"),
        ("``", "``` `` ```"),
        ("a\n|b", "`a |b`"),
        ("", ""),
    ],
)
def test_code_has_more_backticks_around_it_than_in_it(text: str, code: str) -> None:
    assert markdown_code(text) == code


def test_a_bar_does_not_end_the_cell_of_its_code() -> None:
    assert markdown_code("a|b`c", cell=True) == "`` a\\|b`c ``"
