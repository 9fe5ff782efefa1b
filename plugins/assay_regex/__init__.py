"""The tutorial's word tokenizers: plain, and with unknown-token handling."""

from __future__ import annotations

from collections.abc import Iterator

import assay

SPECIALS = assay.SpecialTokens(eos="<|endoftext|>", unk="<|unk|>", in_text="recognised")


@assay.hookimpl
def assay_tokenizers() -> Iterator[assay.TokenizerPlugin]:
    """Announce `regex` and `regex-unk`."""
    yield assay.TokenizerPlugin(
        name="regex",
        summary="words and punctuation by a regular expression; an unseen word is an error",
        licence="MIT",
        build=assay.lazy("assay_regex.tokenizer:RegexTokenizer"),
        lossless=False,
        closed_vocabulary=True,
    )
    yield assay.TokenizerPlugin(
        name="regex-unk",
        summary="the same with <|endoftext|> and <|unk|>; an unseen word becomes <|unk|>",
        licence="MIT",
        build=assay.lazy("assay_regex.tokenizer:with_unknown"),
        lossless=False,
        specials=SPECIALS,
    )
