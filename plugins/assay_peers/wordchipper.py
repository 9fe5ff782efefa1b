"""GPT-2 by wordchipper."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import wordchipper

from assay_peers.binding import Binding
from assay_peers.gpt2 import VOCAB_SIZE, rank_file

CACHE = "WORDCHIPPER_CACHE_DIR"


def gpt2(training_text: str = "") -> Binding:
    """Build GPT-2 from a cache made for the moment. It is pretrained: the training text is not used.

    The library knows vocabularies by name only and would fetch them. Where it cannot, it leaves an empty file
    in the user's cache, from then on takes that for the vocabulary, and gives bytes without an error.
    """
    del training_text
    before = os.environ.get(CACHE)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "openai", "r50k_base", "r50k_base.tiktoken")
        file.parent.mkdir(parents=True)
        file.write_bytes(rank_file())
        os.environ[CACHE] = folder
        try:
            tokenizer = wordchipper.Tokenizer.from_pretrained("openai:r50k_base")
        finally:
            if before is None:
                del os.environ[CACHE]
            else:
                os.environ[CACHE] = before
    return Binding(
        vocab_size=VOCAB_SIZE,
        encode=tokenizer.encode,
        decode=lambda ids: tokenizer.decode_bytes(ids).decode("utf-8", "replace"),
    )
