"""Mistral's Tekken vocabulary, read from the package `mistral-common`, run by tiktoken."""

from __future__ import annotations

from assay_files.binding import Binding
from assay_files.tekken import tekken
from assay_peers.files import read

PATH = "mistral_common/data/tekken_240911.json"
SHA256 = "1948e2d48b0e7377f1bb5f1210f1ae5f984934e75713fc07e2452729b8365316"


def build(training_text: str = "") -> Binding:
    """Build the tokenizer of Mistral Nemo and later. It is pretrained: the training text is not used."""
    del training_text
    found = tekken(read("mistral-common", PATH, SHA256))
    return Binding(vocab_size=found.vocab_size, encode=found.encode, decode=found.decode)
