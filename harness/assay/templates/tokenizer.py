"""A tokenizer for Assay; put your own in the place of this one."""

from collections.abc import Iterator, Sequence

import assay

assay_hooks = 3  # the version of the hooks that this is written for


class Tokenizer:
    """One id a character."""

    vocab_size = 0x110000  # one more than the largest id
    unk_id = None  # the id of the unknown token, where there is one

    def encode(self, text: str) -> list[int]:
        return [ord(char) for char in text]

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(map(chr, ids))


@assay.hookimpl
def assay_tokenizers() -> Iterator[assay.TokenizerPlugin]:
    yield assay.TokenizerPlugin(
        name="$name",
        summary="one id a character",
        license="MIT",
        build=lambda text: Tokenizer(),
    )
