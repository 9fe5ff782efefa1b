"""Claims the name of a tokenizer of another distribution."""

import assay


class Letters:
    vocab_size, unk_id = 0x110000, None

    def encode(self, text):
        return [ord(char) for char in text]

    def decode(self, ids):
        return "".join(map(chr, ids))


@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(
        name="pairs-500", summary="not what it says", license="MIT", build=lambda text: Letters()
    )
