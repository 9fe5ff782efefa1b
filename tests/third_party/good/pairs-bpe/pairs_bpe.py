"""A tokenizer around a real library: the most frequent byte pairs of the training text, encoded by tiktoken."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import pairwise

import assay

assay_hooks = 1


class Pairs:
    """One byte or one frequent pair of bytes an id."""

    unk_id = None

    def __init__(self, size, text):
        import tiktoken

        data = text.encode("utf-8")
        frequent = Counter(pairwise(data)).most_common(size - 256)
        ranks = {bytes([byte]): byte for byte in range(256)}
        ranks |= {bytes(pair): 256 + number for number, (pair, _) in enumerate(frequent)}
        self._encoding = tiktoken.Encoding("pairs", pat_str=r"\s?\S+|\s+", mergeable_ranks=ranks, special_tokens={})
        self.vocab_size = len(ranks)

    def encode(self, text):
        return self._encoding.encode_ordinary(text)

    def decode(self, ids):
        return self._encoding.decode(ids)

    def token_bytes(self, token_id):
        return self._encoding.decode_single_token_bytes(token_id)


@assay.hookimpl
def assay_tokenizers():
    for size in (300, 500):
        yield assay.TokenizerPlugin(
            name=f"pairs-{size}",
            summary=f"bytes and the {size - 256} most frequent pairs of them",
            license="MIT",
            requires=("tiktoken>=0.7",),
            build=partial(Pairs, size),
            family="pairs",
        )
