"""Google's SentencePiece, trained on the training text with the library's own defaults, but for rare letters.

White space is folded and Unicode normalised (NFKC), so that a round trip loses both.
"""

from __future__ import annotations

import io
from collections import Counter

import sentencepiece

import assay
from assay_peers import ALPHABET, VOCAB_SIZE
from assay_peers.binding import Binding

LEAST_COVERAGE = 0.98  # the library refuses less
LONGEST_LINE = 1 << 24  # bytes; longer lines would be left out without a word, from 4,192 on by default


def bpe(training_text: str) -> Binding:
    """Train BPE over code points."""
    return _train(training_text, "bpe")


def unigram(training_text: str) -> Binding:
    """Train a Unigram language model."""
    return _train(training_text, "unigram")


def _train(training_text: str, kind: str) -> Binding:
    if not training_text.strip():
        raise assay.AssayError("the training text is empty", remedy="name a corpus that has words in it")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(training_text.splitlines()),
        model_writer=model,
        model_type=kind,
        vocab_size=VOCAB_SIZE,
        character_coverage=_coverage(training_text),
        hard_vocab_limit=False,  # a small text has fewer pieces
        max_sentence_length=LONGEST_LINE,
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


def _coverage(training_text: str) -> float:
    """The share of the text, white space aside, that its most frequent characters make up: all of a small alphabet."""
    counts = Counter("".join(training_text.split()))
    share = sum(count for _, count in counts.most_common(ALPHABET)) / counts.total()
    return max(LEAST_COVERAGE, share)
