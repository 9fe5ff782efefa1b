"""The tutorial's word tokenizers: plain, and with unknown-token handling, each in Python and compiled."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import assay

SPECIALS = assay.SpecialTokens(eos="<|endoftext|>", unk="<|unk|>", in_text="recognised")
COMPILED = ("numba>=0.60", "numpy>=1.26")
assay_hooks = 3  # the version of the hooks that this is written for


@assay.hookimpl
def assay_tokenizers() -> Iterator[assay.TokenizerPlugin]:
    """Announce `regex` and `regex-unk`, and the compiled `regex-fast` and `regex-unk-fast` with the same ids."""
    announced = partial(
        assay.TokenizerPlugin, license="MIT", lossless=False, splits_at=r"(?=\s)", normalization=("no-spaces",)
    )
    yield announced(
        name="regex",
        summary="words and punctuation by a regular expression; an unseen word is an error",
        build=assay.lazy("assay_regex.tokenizer:RegexTokenizer"),
        closed_vocabulary=True,
    )
    yield announced(
        name="regex-unk",
        summary="the same with <|endoftext|> and <|unk|>; an unseen word becomes <|unk|>",
        build=assay.lazy("assay_regex.tokenizer:with_unknown"),
        specials=SPECIALS,
    )
    yield announced(
        name="regex-fast",
        summary="regex compiled by numba; encode gives an array.array of 32-bit ids, no list",
        requires=COMPILED,
        build=assay.lazy("assay_regex.compiled:CompiledTokenizer"),
        closed_vocabulary=True,
        same_ids_as="regex",
    )
    yield announced(
        name="regex-unk-fast",
        summary="regex-unk compiled by numba; encode gives an array.array of 32-bit ids, no list",
        requires=COMPILED,
        build=assay.lazy("assay_regex.compiled:with_unknown"),
        same_ids_as="regex-unk",
        specials=SPECIALS,
    )
