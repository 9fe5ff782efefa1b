"""cl100k_base by rs-bpe, which carries the vocabulary without its special tokens."""

from __future__ import annotations

from rs_bpe import openai

from assay_peers.binding import Binding

VOCAB_SIZE = 100_256


def cl100k(training_text: str = "") -> Binding:
    """Build cl100k_base; a special token in a text is read as text. The training text is not used."""
    del training_text
    tokenizer = openai.cl100k_base()
    pairs = tokenizer.bpe()
    return Binding(
        vocab_size=VOCAB_SIZE,
        encode=tokenizer.encode,
        decode=lambda ids: bytes(pairs.decode_tokens(ids)).decode("utf-8", "replace"),
    )
