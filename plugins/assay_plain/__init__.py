"""Plain baselines to hold a tokenizer against: bytes, characters, and words between white space."""

from __future__ import annotations

from collections.abc import Iterator

import assay

CHARACTERS = assay.SpecialTokens(unk="\ufffd", in_text="recognised")
WHITESPACE = assay.SpecialTokens(unk="<|unk|>", in_text="recognised")
assay_hooks = 3  # the version of the hooks that this is written for


@assay.hookimpl
def assay_tokenizers() -> Iterator[assay.TokenizerPlugin]:
    """Announce `bytes`, `characters` and `whitespace`."""
    yield assay.TokenizerPlugin(
        name="bytes",
        summary="one token per byte of UTF-8; ids 0 to 255, no training",
        license="MIT",
        build=assay.lazy("assay_plain.utf8:ByteTokenizer"),
        splits_at="",
        pretrained=True,
    )
    yield assay.TokenizerPlugin(
        name="characters",
        summary="one token per code point; a character that the training text lacks becomes U+FFFD",
        license="MIT",
        build=assay.lazy("assay_plain.vocabulary:characters"),
        splits_at="",
        lossless=False,
        specials=CHARACTERS,
    )
    yield assay.TokenizerPlugin(
        name="whitespace",
        summary="one token per word between white space; an unseen word becomes <|unk|>",
        license="MIT",
        build=assay.lazy("assay_plain.vocabulary:whitespace"),
        splits_at=r"(?=\s)",
        lossless=False,
        normalization=("spaces",),
        specials=WHITESPACE,
    )
