"""Each step of a declared normalization, by hand."""

from __future__ import annotations

import pytest

from assay.plugins.types import NORMALIZATIONS
from assay.tokenizer.normalization import STEPS, normalized


@pytest.mark.parametrize(
    ("names", "text", "expected"),
    [
        (("nfc",), "e\u0301", "\u00e9"),
        (("nfd",), "\u00e9", "e\u0301"),
        (("nfkc",), "\ufb01 \u00b2", "fi 2"),
        (("nfkd",), "\ufb01 \u00e9", "fi e\u0301"),
        (("lowercase",), "\u00c9T\u00c9", "\u00e9t\u00e9"),
        (("strip-accents",), "\u00e9te\u0301", "ete"),
        (("spaces",), "\n a \t\u00a0 b ", "a b"),
        (("no-spaces",), "\n a \t\u00a0 b ", "ab"),
        (("nfkc", "lowercase"), "\u2120", "sm"),
        (("lowercase", "nfkc"), "\u2120", "SM"),
        ((), " A ", " A "),
    ],
)
def test_steps_go_in_their_order(names: tuple[str, ...], text: str, expected: str) -> None:
    assert normalized(text, names) == expected


def test_every_name_that_may_be_declared_is_a_step() -> None:
    assert tuple(STEPS) == NORMALIZATIONS
