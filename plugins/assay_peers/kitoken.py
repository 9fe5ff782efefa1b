"""GPT-2 by kitoken."""

from __future__ import annotations

import kitoken

from assay_peers.binding import Binding
from assay_peers.gpt2 import VOCAB_SIZE, tokenizer_json


def gpt2(training_text: str = "") -> Binding:
    """Build GPT-2. It is pretrained: the training text is not used."""
    del training_text
    tokenizer = kitoken.Kitoken.from_tokenizers(tokenizer_json().encode("utf-8"))
    return Binding(
        vocab_size=VOCAB_SIZE,
        encode=lambda text: tokenizer.encode(text, True),
        decode=lambda ids: tokenizer.decode(ids, True).decode("utf-8", "replace"),
    )
