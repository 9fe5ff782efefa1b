"""BPE and WordPiece, trained by Hugging Face `tokenizers` on the training text.

Its Unigram trainer gives other pieces in every process (0.23.3), which no run could repeat; SentencePiece's does not.
"""

from __future__ import annotations

from collections import Counter

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from assay_files.binding import Binding
from assay_files.hugging_face import bind
from assay_peers import ALPHABET, BPE_SPECIALS, WORDPIECE_SPECIALS


def bpe(training_text: str, *, vocab_size: int) -> Binding:
    """Train byte-level BPE as GPT-2 has it; all 256 bytes are in the vocabulary, so that nothing is unknown."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(BPE_SPECIALS.tokens),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([training_text], trainer)
    return bind(tokenizer)


def wordpiece(training_text: str, *, vocab_size: int) -> Binding:
    """Train WordPiece on lower-cased words and punctuation, as BERT cuts them.

    The library numbers the letters inside words in the order of a hash table, and so gives another vocabulary in
    every process; named beforehand as special tokens they have an order. A fresh model then knows them as pieces.
    """
    unk = WORDPIECE_SPECIALS.unk
    normalizer = normalizers.BertNormalizer(lowercase=True)
    cut = pre_tokenizers.BertPreTokenizer()
    words = [word for word, _ in cut.pre_tokenize_str(normalizer.normalize_str(training_text))]
    alphabet = {letter for letter, _ in Counter("".join(words)).most_common(ALPHABET)}
    words = [word for word in words if alphabet.issuperset(word)]
    letters = sorted({letter for word in words for letter in word[1:]})
    school = Tokenizer(models.WordPiece(unk_token=unk))
    school.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size,
        special_tokens=[*WORDPIECE_SPECIALS.tokens, *(f"##{letter}" for letter in letters)],
        show_progress=False,
    )
    school.train_from_iterator(words, trainer)
    vocabulary = school.get_vocab(with_added_tokens=False)
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=unk))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = cut
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(list(WORDPIECE_SPECIALS.tokens))
    return bind(tokenizer, unk)
