"""tiktoken's files: a token in base64 and its rank on each line. They have neither a pattern nor special tokens."""

from __future__ import annotations

import base64
import binascii
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import tiktoken

import assay
from assay_files.binding import Binding, BytesBinding
from assay_files.patterns import Pattern


def from_file(training_text: str = "", *, paths: tuple[str, ...], pattern: Pattern) -> Binding:
    """Build the tokenizer of a `.tiktoken` file; the training text is not used."""
    del training_text
    path = Path(paths[0])
    try:
        lines = (line.split() for line in path.read_bytes().splitlines() if line)
        ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
    except (ValueError, binascii.Error) as error:
        raise assay.AssayError(f"{path} is damaged: {error}", remedy="fetch it again") from None
    notes = (f"cut by the pattern of {pattern.name}", "the file has no special tokens: none is recognised")
    return bind(path.stem, ranks, pattern, notes=notes)


def bind(
    name: str,
    ranks: Mapping[bytes, int],
    pattern: Pattern,
    *,
    notes: tuple[str, ...] = (),
    vocab_size: int | None = None,
) -> Binding:
    """Bind tiktoken with these ranks; no string of a text is a special token."""
    encoding = tiktoken.Encoding(name, pat_str=pattern.text, mergeable_ranks=dict(ranks), special_tokens={})
    ordinary = encoding.encode_ordinary
    return BytesBinding(
        vocab_size=encoding.n_vocab if vocab_size is None else vocab_size,
        encode=(lambda text: ordinary(unicodedata.normalize("NFC", text))) if pattern.nfc else ordinary,
        decode=encoding.decode,
        special_tokens={},
        token_bytes=encoding.decode_single_token_bytes,
        notes=(*notes, *(["texts are normalised to NFC, as its own library does"] if pattern.nfc else [])),
    )
