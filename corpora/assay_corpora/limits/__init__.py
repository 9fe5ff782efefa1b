"""Text at the limits of what a tokenizer can be given, made by code."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping
from random import Random

import assay

MEGABYTE = 1_000_000
CODE_POINTS = 0x110000
SURROGATES = range(0xD800, 0xE000)
SPECIALS = ("<|endoftext|>", "<|endofprompt|>", "<|fim_prefix|>", "<|unk|>", "<unk>", "<s>", "</s>", "<pad>")
NUL = {"alone": "\0", "three": "\0\0\0", "within": "before\0after", "first": "\0after", "last": "before\0"}
BERT_SPECIALS = ("[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]")


def documents(limit: str) -> Iterator[assay.Document]:
    """Yield the texts of a limit, with what each tries as its id."""
    for name, text in LIMITS[limit]().items():
        yield assay.Document(text=text, id=name)


def _surrogates() -> Mapping[str, str]:
    return {
        "high": "\ud800",
        "low": "\udfff",
        "within": "before \ud83d after",
        "reversed": "\ude00\ud83d",
        "pair": "\ud83d\ude00",  # two code points: Python does not join them
    }


def _unbroken() -> Mapping[str, str]:
    # Only random() is promised to give the same numbers in every version of Python.
    random, letters = Random("assay unbroken").random, string.ascii_letters
    return {"letters": "".join(letters[int(random() * len(letters))] for _ in range(MEGABYTE))}


def _specials() -> Mapping[str, str]:
    texts = {f"alone {token}": token for token in (*SPECIALS, *BERT_SPECIALS)}
    texts |= {f"within {token}": f"before{token}after {token} end" for token in (*SPECIALS, *BERT_SPECIALS)}
    return texts | {"cut": "<|endoftext", "nested": "<|endof<|endoftext|>text|>"}


def _code_points() -> Mapping[str, str]:
    return {"all": "".join(chr(point) for point in range(CODE_POINTS) if point not in SURROGATES)}


LIMITS: Mapping[str, Callable[[], Mapping[str, str]]] = {
    "empty": lambda: {"empty": ""},
    "nul": lambda: NUL,
    "surrogates": _surrogates,
    "specials": _specials,
    "unbroken": _unbroken,
    "spaces": lambda: {"spaces": " " * MEGABYTE},
    "code-points": _code_points,
}
