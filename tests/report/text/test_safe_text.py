"""Text that a person can be shown: printable, of one line, of what the output knows, and never ambiguous."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.records.text import encodable
from assay.report.text.safe_text import NO_BREAK, SIGNS, clean, inert, spelt, visible

ANY = st.text(st.characters())  # halves of characters too
ENCODINGS = st.sampled_from(["utf-8", "ascii", "latin-1", "cp1252", "cp932", None, "no-such-encoding"])


@given(ANY, ENCODINGS)
def test_whatever_it_is_it_is_printable_on_one_line_and_the_output_knows_it(text: str, encoding: str | None) -> None:
    shown = visible(text, encoding).replace(NO_BREAK, " ")
    assert shown.isprintable()
    shown.encode("ascii" if encoding == "no-such-encoding" else encoding or "utf-8")


@given(ANY)
def test_what_is_inert_is_printable_and_stays_as_it_is(text: str) -> None:
    assert inert(text).replace(NO_BREAK, " ").isprintable()
    assert inert(inert(text)) == inert(text)


@given(ANY)
def test_what_is_clean_is_of_one_line_that_xml_can_hold(text: str) -> None:
    shown = clean(text)
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
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_an_output_that_knows_only_ascii_has_signs_spelt_and_other_characters_as_bytes() -> None:
    assert visible("12 ±5% µs \u00d7 Rényi é", "ascii") == "12 +-5% us x Renyi <C3 A9>"
    assert visible("12 ±5% µs ─ é", "latin-1") == "12 ±5% µs - é"
    assert spelt("±5%\té", "ascii") == "+-5%\té"


@pytest.mark.parametrize(("sign", "spelling"), SIGNS.items())
def test_every_sign_has_a_spelling_that_every_output_knows(sign: str, spelling: str) -> None:
    assert not sign.isascii()
    assert spelling.isascii()
    assert visible(sign, "ascii") == spelling
    assert visible(sign) == sign
