"""GPT-2 by Hugging Face `tokenizers`, from a `tokenizer.json` made in memory."""

from __future__ import annotations

from tokenizers import Tokenizer

from assay_files.binding import Binding
from assay_files.hugging_face import bind
from assay_peers.gpt2 import tokenizer_json


def gpt2(training_text: str = "") -> Binding:
    """Build GPT-2. It is pretrained: the training text is not used."""
    del training_text
    return bind(Tokenizer.from_str(tokenizer_json()))
