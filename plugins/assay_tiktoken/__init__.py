"""Byte-pair encoding by tiktoken, from vocabularies on this machine: never from the network."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import assay
from assay_tiktoken.ranks import OPTIONAL, missing

ENDOFTEXT = assay.SpecialTokens(eos="<|endoftext|>", in_text="recognised")
SUMMARIES = {
    "gpt2": "GPT-2's byte-level BPE, 50,257 entries",
    "r50k_base": "the ranks of GPT-2 and GPT-3 under their later name",
    "p50k_base": "r50k_base and 24 runs of spaces, for code (Codex)",
    "cl100k_base": "GPT-3.5 and GPT-4",
    "o200k_base": "GPT-4o and later",
}
WEBTEXT = "OpenAI's WebText: web pages that Reddit linked to until December 2017"
TRAINED_ON = {
    "gpt2": WEBTEXT,
    "r50k_base": WEBTEXT,
    "p50k_base": f"{WEBTEXT}; its runs of spaces were added",
    "cl100k_base": "not published",
    "o200k_base": "not published",
}
# No piece of any of these patterns goes on from what is no white space to a space, or from a letter to a line break.
SPLITS_AT = r"(?<=\S)(?= )|(?<=[A-Za-z0-9])(?=\n)"
assay_hooks = 3  # the version of the hooks that this is written for


@assay.hookimpl
def assay_tokenizers() -> Iterator[assay.TokenizerPlugin]:
    """Announce five vocabularies; the last two are ready when their bytes are on this machine."""
    build = assay.lazy("assay_tiktoken.encoding:build")
    for name, summary in SUMMARIES.items():
        yield assay.TokenizerPlugin(
            name=name,
            summary=summary,
            requires=("tiktoken>=0.7",),
            license="MIT",
            build=partial(build, name),
            missing=partial(missing, name) if name in OPTIONAL else None,
            pretrained=True,
            trained_on=TRAINED_ON[name],
            splits_at=SPLITS_AT,
            specials=ENDOFTEXT,
        )
