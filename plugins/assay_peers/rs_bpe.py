"""cl100k_base by rs-bpe, which carries the vocabulary without its special tokens: those are cut out beforehand."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby

from rs_bpe import openai

from assay_files.binding import Binding

SPECIALS = {
    "<|endoftext|>": 100257,
    "<|fim_prefix|>": 100258,
    "<|fim_middle|>": 100259,
    "<|fim_suffix|>": 100260,
    "<|endofprompt|>": 100276,
}
SPECIAL = re.compile("|".join(map(re.escape, SPECIALS)))
BYTES = {index: token.encode() for token, index in SPECIALS.items()}
VOCAB_SIZE = 100_277


def cl100k(training_text: str = "") -> Binding:
    """Build cl100k_base. It is pretrained: the training text is not used."""
    del training_text
    tokenizer = openai.cl100k_base()
    ordinary: Callable[[str], list[int]] = tokenizer.encode
    pairs = tokenizer.bpe()

    def encode(text: str) -> list[int]:
        if "<|" not in text:
            return ordinary(text)
        ids: list[int] = []
        start = 0
        for found in SPECIAL.finditer(text):
            ids += [*ordinary(text[start : found.start()]), SPECIALS[found.group()]]
            start = found.end()
        return [*ids, *ordinary(text[start:])]

    def decode(ids: Sequence[int]) -> str:
        if BYTES.keys().isdisjoint(ids):
            return bytes(pairs.decode_tokens(ids)).decode("utf-8", "replace")
        runs = [(special, list(run)) for special, run in groupby(ids, BYTES.__contains__)]
        parts = [
            b"".join(map(BYTES.__getitem__, run)) if special else pairs.decode_tokens(run) for special, run in runs
        ]
        return b"".join(parts).decode("utf-8", "replace")

    return Binding(vocab_size=VOCAB_SIZE, encode=encode, decode=decode)
