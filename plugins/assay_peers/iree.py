"""GPT-2 by IREE's tokenizer."""

from __future__ import annotations

from iree.tokenizer import Tokenizer

from assay_peers.binding import Binding
from assay_peers.gpt2 import rank_file


def gpt2(training_text: str = "") -> Binding:
    """Build GPT-2 with the library's own pattern. It is pretrained: the training text is not used."""
    del training_text
    tokenizer = Tokenizer.from_tiktoken_buffer(rank_file(), "gpt2")
    return Binding(vocab_size=tokenizer.vocab_size, encode=tokenizer.encode, decode=tokenizer.decode)
