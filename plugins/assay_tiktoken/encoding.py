"""tiktoken encodings, built from our own copy of the ranks."""

from __future__ import annotations

from collections.abc import Sequence

import tiktoken

from assay_files.patterns import CL100K, GPT2, O200K
from assay_tiktoken.ranks import ranks

PATTERNS = {"gpt2": GPT2, "r50k_base": GPT2, "p50k_base": GPT2, "cl100k_base": CL100K, "o200k_base": O200K}
GPT2_SPECIALS = {"<|endoftext|>": 50256}
SPECIALS = {
    "gpt2": GPT2_SPECIALS,
    "r50k_base": GPT2_SPECIALS,
    "p50k_base": GPT2_SPECIALS,
    "cl100k_base": {
        "<|endoftext|>": 100257,
        "<|fim_prefix|>": 100258,
        "<|fim_middle|>": 100259,
        "<|fim_suffix|>": 100260,
        "<|endofprompt|>": 100276,
    },
    "o200k_base": {"<|endoftext|>": 199999, "<|endofprompt|>": 200018},
}


class TiktokenTokenizer:
    """A tiktoken encoding; special tokens are recognised where they stand in a text."""

    unk_id = None  # byte-level: nothing is unknown

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        self._encoding = encoding

    @property
    def vocab_size(self) -> int:
        """tiktoken's `n_vocab`: one more than the largest id. Some ids below it may be unassigned."""
        return self._encoding.n_vocab

    @property
    def special_tokens(self) -> dict[str, int]:
        """The ids of the special tokens."""
        return {token: self._encoding.encode_single_token(token) for token in self._encoding.special_tokens_set}

    def encode(self, text: str) -> list[int]:
        """Return the ids of the text."""
        return self._encoding.encode(text, allowed_special="all")

    def encode_batch(self, texts: Sequence[str], threads: int) -> list[list[int]]:
        """Return the ids of each text, by so many threads of tiktoken's own."""
        return self._encoding.encode_batch(list(texts), num_threads=threads, allowed_special="all")

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of the ids; bytes that are no UTF-8 become U+FFFD."""
        return self._encoding.decode(ids)

    def token_bytes(self, token_id: int) -> bytes:
        """Return the bytes of one token; raise KeyError for an id that is not assigned."""
        return self._encoding.decode_single_token_bytes(token_id)


def build(name: str, training_text: str = "") -> TiktokenTokenizer:
    """Build an encoding by name. It is pretrained: the training text is not used."""
    del training_text
    return TiktokenTokenizer(
        tiktoken.Encoding(name, pat_str=PATTERNS[name], mergeable_ranks=ranks(name), special_tokens=SPECIALS[name])
    )
