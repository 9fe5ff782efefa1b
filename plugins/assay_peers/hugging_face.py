"""GPT-2 by Hugging Face `tokenizers`, from a `tokenizer.json` made in memory."""

from __future__ import annotations

import os

from tokenizers import Tokenizer

from assay_peers.binding import Binding
from assay_peers.gpt2 import tokenizer_json


def bind(tokenizer: Tokenizer, unk: str | None = None) -> Binding:
    """Bind a `tokenizers.Tokenizer`; nothing is put around a text, and no special token is dropped in decoding.

    The call for batches is the one that keeps no offsets, and so the fastest for one text. Without the variable it
    would start threads for that.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    encode = tokenizer.encode_batch_fast
    return Binding(
        vocab_size=tokenizer.get_vocab_size(),
        encode=lambda text: encode([text], add_special_tokens=False)[0].ids,
        decode=lambda ids: tokenizer.decode(ids, skip_special_tokens=False),
        unk_id=None if unk is None else tokenizer.token_to_id(unk),
    )


def gpt2(training_text: str = "") -> Binding:
    """Build GPT-2. It is pretrained: the training text is not used."""
    del training_text
    return bind(Tokenizer.from_str(tokenizer_json()))
