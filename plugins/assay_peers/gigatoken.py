"""GPT-2 by gigatoken."""

from __future__ import annotations

import gigatoken

from assay_peers.binding import Binding
from assay_peers.gpt2 import tokenizer_json


def gpt2(training_text: str = "") -> Binding:
    """Build GPT-2; the library's NumPy array becomes a list. The training text is not used."""
    del training_text
    tokenizer = gigatoken.Tokenizer.from_json(tokenizer_json())
    return Binding(
        vocab_size=tokenizer.vocab_size,
        encode=lambda text: tokenizer.encode(text).tolist(),
        decode=lambda ids: tokenizer.decode(list(ids)).decode("utf-8", "replace"),
    )
