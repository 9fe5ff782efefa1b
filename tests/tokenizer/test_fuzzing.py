"""Strings that tokenizers trip over."""

from __future__ import annotations

import unicodedata

from assay.tokenizer.fuzzing import edge_strings, forms, special_strings, strings


def test_the_seed_decides() -> None:
    assert list(strings(300, 1)) == list(strings(300, 1)) != list(strings(300, 2))


def test_a_longer_series_begins_with_the_shorter() -> None:
    assert list(strings(300, 1))[:100] == list(strings(100, 1))


def test_every_string_is_valid_unicode_and_short() -> None:
    for text in strings(3000, 3):
        assert 0 < len(text.encode("utf-8")) < 2000


def test_they_hold_what_is_nasty() -> None:
    together = "".join(strings(5000, 4))
    for wanted in (
        "\x00",
        "\x1c",
        "\x85",
        "\u200b",
        "\u200d",
        "\u0301",
        "<|endoftext|>",
        "    ",
        "'ll",
        "\n\n",
        "aaaa",
    ):
        assert wanted in together, wanted
    assert {"Lu", "Ll", "Lo", "Mn", "Nd", "Zs", "Cc", "So", "Sm", "Cn"} <= {unicodedata.category(c) for c in together}


def test_specials_stand_among_the_fragments_in_every_form() -> None:
    together = "\0".join(strings(3000, 5, ("<|x|>",)))
    assert all(form in together for form in forms("<|x|>"))
    assert list(strings(50, 5, ("<|x|>",))) == list(strings(50, 5, ("<|x|>",)))


def test_a_special_token_stands_glued_doubled_cut_and_beside_white_space() -> None:
    texts = set(special_strings(("<|x|>", "[Y]")))
    assert {"<|x|>", "a<|x|>b", "one <|x|> two", "<|x|> ", " <|x|>", "<|x|>\n", "<|x|><|x|>", "<|X|>"} <= texts
    assert {"<|", "|>", "<| x|>"} & texts
    assert {"[Y]<|x|>[Y]", "<|x|>[Y]<|x|>"} <= texts


def test_words_have_white_space_at_both_ends() -> None:
    texts = set(edge_strings(("word",)))
    assert {" ", "  ", "\n", "  word", "word  ", "\u00a0word\u00a0", "word\r\nword"} <= texts
