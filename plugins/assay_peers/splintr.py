"""GPT-2 by splintr."""

from __future__ import annotations

import splintr

from assay_peers.binding import Binding
from assay_peers.gpt2 import SPECIALS, rank_file


def gpt2(training_text: str = "") -> Binding:
    """Build GPT-2 with the library's own pattern. It is pretrained: the training text is not used."""
    del training_text
    tokenizer = splintr.Tokenizer.from_bytes(rank_file(), splintr.GPT2_PATTERN, dict(SPECIALS))
    return Binding(
        vocab_size=tokenizer.vocab_size,
        encode=tokenizer.encode_with_special,
        decode=lambda ids: tokenizer.decode_bytes(ids).decode("utf-8", "replace"),
    )
