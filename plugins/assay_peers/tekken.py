"""Mistral's Tekken vocabulary, read from the package `mistral-common`, run by tiktoken."""

from __future__ import annotations

import base64
import json

from assay_peers.binding import Binding
from assay_peers.files import read

PATH = "mistral_common/data/tekken_240911.json"
SHA256 = "1948e2d48b0e7377f1bb5f1210f1ae5f984934e75713fc07e2452729b8365316"


def build(training_text: str = "") -> Binding:
    """Build the tokenizer of Mistral Nemo and later. It is pretrained: the training text is not used.

    The first 1,000 ids are special tokens, which no text gives: as `mistral_common` does, they are read as
    ordinary text. The file lists more tokens than the models have; the last are left out.
    """
    import tiktoken

    del training_text
    definition = json.loads(read("mistral-common", PATH, SHA256))
    config = definition["config"]
    first, size = config["default_num_special_tokens"], config["default_vocab_size"]
    ranks = {
        base64.b64decode(entry["token_bytes"]): first + entry["rank"] for entry in definition["vocab"][: size - first]
    }
    encoding = tiktoken.Encoding("tekken", pat_str=config["pattern"], mergeable_ranks=ranks, special_tokens={})
    return Binding(vocab_size=size, encode=encoding.encode_ordinary, decode=encoding.decode)
