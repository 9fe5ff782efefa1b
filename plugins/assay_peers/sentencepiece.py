"""Google's SentencePiece, trained on the training text with the library's own defaults, but for rare letters.

White space is folded and Unicode normalised (NFKC), so that a round trip loses both.
"""

from __future__ import annotations

import io
from collections import Counter

import sentencepiece

import assay
from assay_files.binding import Binding
from assay_peers import ALPHABET

LEAST_COVERAGE = 0.98  # the library refuses less
WORDS = 100  # of a sentence to train on: on one long line that repeats itself, Unigram takes quadratic time
LONGEST = 1 << 24  # bytes; by default a sentence of more than 4,192 is left out without a word


def bpe(training_text: str, *, vocab_size: int) -> Binding:
    """Train BPE over code points."""
    return _train(training_text, "bpe", vocab_size)


def unigram(training_text: str, *, vocab_size: int) -> Binding:
    """Train a Unigram language model."""
    return _train(training_text, "unigram", vocab_size)


def _train(training_text: str, kind: str, vocab_size: int) -> Binding:
    words = training_text.split()
    if not words:
        raise assay.AssayError("the training text is empty", remedy="name a corpus that has words in it")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(" ".join(words[at : at + WORDS]) for at in range(0, len(words), WORDS)),
        model_writer=model,
        model_type=kind,
        vocab_size=vocab_size,
        character_coverage=_coverage(words),
        hard_vocab_limit=False,  # a small text has fewer pieces
        max_sentence_length=LONGEST,
        num_threads=1,
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    return Binding(
        vocab_size=processor.get_piece_size(),
        encode=processor.encode,
        decode=processor.decode,
        unk_id=processor.unk_id(),
    )


def _coverage(words: list[str]) -> float:
    """The share of the words' characters that the most frequent ones make up: all of a small alphabet."""
    counts = Counter("".join(words))
    share = sum(count for _, count in counts.most_common(ALPHABET)) / counts.total()
    return max(LEAST_COVERAGE, share)
