"""GPT-2 by fastokens."""

from __future__ import annotations

import fastokens

from assay_peers.binding import Binding
from assay_peers.gpt2 import tokenizer_json


def gpt2(training_text: str = "") -> Binding:
    """Build GPT-2. It is pretrained: the training text is not used."""
    del training_text
    tokenizer = fastokens.Tokenizer.from_json_str(tokenizer_json())
    return Binding(
        vocab_size=tokenizer.vocab_size,
        encode=lambda text: tokenizer.encode(text).ids,
        decode=tokenizer.decode,
    )
