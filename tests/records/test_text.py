"""Text that can be a name."""

from __future__ import annotations

import pytest

import nasty
from assay.records.text import LONGEST_NAME, name_fault


def test_a_name_of_any_language_is_one() -> None:
    for name in (
        "gpt2",
        "a" * LONGEST_NAME,
        "токенизатор",
        "分词器",
        "मानक",
        "👩\u200d💻",
        "=cmd|'!A0",
    ):
        assert name_fault(name) is None


@pytest.mark.parametrize("char", ["\0", "\x1b", "\x7f", "\x9b", "\u061c", "\u200f", "\u2028", "\u202e", "\u2066"])
def test_what_nobody_sees_is_named(char: str) -> None:
    assert nasty.UNFIT.search(char)
    fault = name_fault(f"a{char}b")
    assert fault is not None
    assert fault.startswith(f"it holds U+{ord(char):04X}, which nobody sees")


def test_a_name_that_is_too_long() -> None:
    assert name_fault("a" * 201) == "it has 201 characters, and a name has at most 200"
