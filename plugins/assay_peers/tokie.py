"""GPT-2 by tokie."""

from __future__ import annotations

import tempfile
from pathlib import Path

import tokie

from assay_peers.binding import Binding
from assay_peers.gpt2 import tokenizer_json


def gpt2(training_text: str = "") -> Binding:
    """Build GPT-2 from a file made for the moment. It is pretrained: the training text is not used."""
    del training_text
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tokenizer.json")
        file.write_text(tokenizer_json(), encoding="utf-8")
        tokenizer = tokie.Tokenizer.from_json(str(file))
    return Binding(
        vocab_size=tokenizer.vocab_size,
        encode=lambda text: tokenizer.encode(text, False).ids,
        decode=lambda ids: tokenizer.decode_bytes(ids).decode("utf-8", "replace"),
    )
