"""The normalization that a tokenizer declares: what it changes in a text on purpose."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType


def normalized(text: str, names: Sequence[str]) -> str:
    """Return a text after the steps of these names, in their order: those of `assay.TokenizerPlugin.normalization`."""
    for name in names:
        text = STEPS[name](text)
    return text


def _without_accents(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", text) if unicodedata.category(char) != "Mn")


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _without_spaces(text: str) -> str:
    return "".join(text.split())


STEPS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "nfc": partial(unicodedata.normalize, "NFC"),
        "nfd": partial(unicodedata.normalize, "NFD"),
        "nfkc": partial(unicodedata.normalize, "NFKC"),
        "nfkd": partial(unicodedata.normalize, "NFKD"),
        "lowercase": str.lower,
        "strip-accents": _without_accents,
        "spaces": _spaced,
        "no-spaces": _without_spaces,
    }
)
