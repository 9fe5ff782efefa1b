"""SentencePiece's `.model`, run by the library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import sentencepiece

import assay
from assay_files.binding import Binding, BytesBinding, bytes_from

SPACE = "\u2581"
COMPOSED = "\ufb01\u2460 \u00e9"  # what NFKC changes


def from_file(training_text: str = "", *, paths: tuple[str, ...]) -> Binding:
    """Build the tokenizer of a `.model`; the training text is not used."""
    del training_text
    return from_model(Path(paths[0]).read_bytes(), paths[0])


def from_model(content: bytes, name: str) -> Binding:
    """Build the tokenizer of the content of a model; no id is put before or after a text."""
    try:
        processor = sentencepiece.SentencePieceProcessor(model_proto=content)
    except (RuntimeError, ValueError) as error:
        raise assay.AssayError(f"{name} is not a SentencePiece model: {error}", remedy="fetch it again") from None
    return bind(processor, tuple(_notes(processor)))


def bind(processor: sentencepiece.SentencePieceProcessor, notes: tuple[str, ...] = ()) -> Binding:
    """Bind a processor, its control symbols known by name; they have no bytes, and no text gives them."""
    ids = range(processor.get_piece_size())
    return BytesBinding(
        vocab_size=len(ids),
        encode=lambda text: processor.encode(text, add_bos=False, add_eos=False),
        decode=lambda given: processor.decode(list(given)),
        unk_id=processor.unk_id(),
        token_bytes=bytes_from(dict(_bytes(processor))),
        special_tokens={processor.id_to_piece(token): token for token in ids if processor.is_control(token)},
        notes=notes,
    )


def _bytes(processor: sentencepiece.SentencePieceProcessor) -> Iterator[tuple[int, bytes]]:
    for token in range(processor.get_piece_size()):
        piece = processor.id_to_piece(token)
        if processor.is_byte(token):
            yield token, bytes([int(piece[1:-1], 16)])
        elif not (processor.is_control(token) or processor.is_unknown(token)):
            yield token, piece.replace(SPACE, " ").encode()


def _notes(processor: sentencepiece.SentencePieceProcessor) -> Iterator[str]:
    """Yield what the model does to a text, found out by what comes of some."""
    if processor.encode("a", out_type=str)[0].startswith(SPACE):
        yield "a space is put before each text"
    if processor.normalize(COMPOSED).replace(SPACE, " ").strip() != COMPOSED:
        yield "its normalizer changes characters"
    if not any(processor.is_byte(token) for token in range(processor.get_piece_size())):
        yield "it has no byte fallback: unknown characters are lost"
