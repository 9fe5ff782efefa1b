"""The work that is timed: one paragraph of The Verdict encoded so many times, by `regex-unk`.

A slowdown of k % is exact: it is k % more encodings of the same paragraph, in one call.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import resources

from assay_regex.tokenizer import with_unknown

ENCODINGS = 200  # of a call at level 0: about 2.3 ms on a machine of 2020
LEVEL = "ASSAY_WORK_LEVEL"  # tells a session of another tool how much slower the work is to be, in %
LONGEST = 550  # characters


def training_text() -> str:
    """Give the text that the tokenizer's vocabulary comes from."""
    return resources.files("assay_corpora").joinpath("the_verdict", "the-verdict.txt").read_text("utf-8")


def paragraph(text: str) -> str:
    """Give the longest paragraph that has no more than `LONGEST` characters."""
    return max((part for part in text.split("\n\n") if len(part) <= LONGEST), key=len)


def encodings(level: int) -> int:
    """Say how many encodings a call is that takes `level` percent more than one at level 0."""
    return ENCODINGS + ENCODINGS * level // 100


def work(level: int) -> Callable[[], object]:
    """Build the tokenizer; what is returned encodes the paragraph `encodings(level)` times."""
    text = training_text()
    chunk, encode, count = paragraph(text), with_unknown(text).encode, encodings(level)

    def call() -> object:
        for _ in range(count - 1):
            encode(chunk)
        return encode(chunk)

    return call


def chosen() -> Callable[[], object]:
    """Build the work of the level that the environment names."""
    return work(int(os.environ[LEVEL]))
