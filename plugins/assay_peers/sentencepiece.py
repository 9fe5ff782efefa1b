"""Google's SentencePiece, trained on the training text with the library's own defaults."""

from __future__ import annotations

import io

import sentencepiece

import assay
from assay_peers import VOCAB_SIZE
from assay_peers.binding import Binding

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
