"""The tutorial's word tokenizers: plain, and with unknown-token handling, each in Python and compiled."""

from __future__ import annotations

from collections.abc import Iterator

import assay

SPECIALS = assay.SpecialTokens(eos="<|endoftext|>", unk="<|unk|>", in_text="recognised")
COMPILED = ("numba>=0.60", "numpy>=1.26")
SPLITS_AT = r"(?=\s)"
assay_hooks = 3  # the version of the hooks that this is written for


@assay.hookimpl
def assay_tokenizers() -> Iterator[assay.TokenizerPlugin]:
    """Announce `regex` and `regex-unk`, and the compiled `regex-fast` and `regex-unk-fast` with the same ids."""
    yield assay.TokenizerPlugin(
        name="regex",
        summary="words and punctuation by a regular expression; an unseen word is an error",
        license="MIT",
        build=assay.lazy("assay_regex.tokenizer:RegexTokenizer"),
        lossless=False,
        splits_at=SPLITS_AT,
        closed_vocabulary=True,
    )
    yield assay.TokenizerPlugin(
        name="regex-unk",
        summary="the same with <|endoftext|> and <|unk|>; an unseen word becomes <|unk|>",
        license="MIT",
        build=assay.lazy("assay_regex.tokenizer:with_unknown"),
        lossless=False,
        splits_at=SPLITS_AT,
        specials=SPECIALS,
    )
    yield assay.TokenizerPlugin(
        name="regex-fast",
        summary="regex compiled by numba; encode gives an array.array of 32-bit ids, no list",
        requires=COMPILED,
        license="MIT",
        build=assay.lazy("assay_regex.compiled:CompiledTokenizer"),
        lossless=False,
        splits_at=SPLITS_AT,
        closed_vocabulary=True,
        same_ids_as="regex",
    )
    yield assay.TokenizerPlugin(
        name="regex-unk-fast",
        summary="regex-unk compiled by numba; encode gives an array.array of 32-bit ids, no list",
        requires=COMPILED,
        license="MIT",
        build=assay.lazy("assay_regex.compiled:with_unknown"),
        lossless=False,
        splits_at=SPLITS_AT,
        same_ids_as="regex-unk",
        specials=SPECIALS,
    )
