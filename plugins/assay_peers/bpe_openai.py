"""cl100k_base by bpe-openai, which carries the vocabulary."""

from __future__ import annotations

import bpe_openai

from assay_peers.binding import Binding


def cl100k(training_text: str = "") -> Binding:
    """Build cl100k_base. It is pretrained: the training text is not used."""
    del training_text
    encoding = bpe_openai.get_encoding("cl100k_base")
    return Binding(
        vocab_size=encoding.n_vocab,
        encode=lambda text: encoding.encode(text, allowed_special="all"),
        decode=encoding.decode,
    )
