"""BPE, Unigram and WordPiece, trained by Hugging Face `tokenizers` on the training text."""

from __future__ import annotations

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from assay_peers import BPE_SPECIALS, UNIGRAM_SPECIALS, VOCAB_SIZE, WORDPIECE_SPECIALS
from assay_peers.binding import Binding
from assay_peers.hugging_face import bind


def bpe(training_text: str) -> Binding:
    """Train byte-level BPE as GPT-2 has it; all 256 bytes are in the vocabulary, so that nothing is unknown."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=list(BPE_SPECIALS.tokens),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([training_text], trainer)
    return bind(tokenizer)


def unigram(training_text: str) -> Binding:
    """Train a Unigram model on words that carry their space, as SentencePiece cuts them, after NFKC."""
    unk = UNIGRAM_SPECIALS.unk
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=VOCAB_SIZE, special_tokens=list(UNIGRAM_SPECIALS.tokens), unk_token=unk, show_progress=False
    )
    tokenizer.train_from_iterator(training_text.splitlines(), trainer)
    return bind(tokenizer, unk)


def wordpiece(training_text: str) -> Binding:
    """Train WordPiece on lower-cased words and punctuation, as BERT cuts them."""
    unk = WORDPIECE_SPECIALS.unk
    tokenizer = Tokenizer(models.WordPiece(unk_token=unk))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=VOCAB_SIZE, special_tokens=list(WORDPIECE_SPECIALS.tokens), show_progress=False
    )
    tokenizer.train_from_iterator(training_text.splitlines(), trainer)
    return bind(tokenizer, unk)
