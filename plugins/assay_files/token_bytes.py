"""The bytes behind the ids of a `tokenizers.Tokenizer`, by how it writes tokens; or why they are not known."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from tokenizers import Tokenizer

from assay_files.binding import bytes_from
from assay_files.byte_level import bytes_of

SPACE = "\u2581"
BYTE = re.compile(r"<0x([0-9A-F]{2})>")


def of_tokenizer(tokenizer: Tokenizer) -> tuple[Callable[[int], bytes] | None, str | None]:
    """Return `token_bytes`, or None and the reason why the bytes are not known.

    Added tokens stand for themselves. White space that a tokenizer removes has no bytes.
    """
    definition = json.loads(tokenizer.to_str())
    model = definition["model"]
    kinds = {each["type"] for part in ("decoder", "pre_tokenizer") for each in _parts(definition[part])}
    suffix, prefix = model.get("end_of_word_suffix") or "", model.get("continuing_subword_prefix") or ""
    fallback = bool(model.get("byte_fallback"))
    reads: Callable[[str], bytes | None]
    if "ByteLevel" in kinds:
        reads = lambda token: bytes_of(token.removesuffix(suffix) if suffix else token)  # noqa: E731
    elif model["type"] == "WordPiece" or prefix or suffix:
        reads = lambda token: token.removeprefix(prefix).removesuffix(suffix).encode() if suffix or prefix else None  # noqa: E731
    elif "Metaspace" in kinds or SPACE in json.dumps(definition["decoder"], ensure_ascii=False):
        reads = lambda token: _piece(token, fallback=fallback)  # noqa: E731
    elif definition["decoder"] is None and model["type"] in ("BPE", "WordLevel", "Unigram"):
        reads = str.encode
    else:
        return None, f"the bytes of its tokens are not known: its decoder is {', '.join(sorted(kinds)) or 'none'}"
    known = tokenizer.get_vocab(with_added_tokens=False)
    added = {number: token.content for number, token in tokenizer.get_added_tokens_decoder().items()}
    content = {number: reads(token) for token, number in known.items() if number not in added}
    unread = next((number for number, read in content.items() if read is None), None)
    if unread is not None:
        token = tokenizer.id_to_token(unread)
        return None, f"the bytes of its tokens are not known: {token!r} is not written in them"
    whole = {number: read for number, read in content.items() if read is not None}
    return bytes_from(whole | {number: token.encode() for number, token in added.items()}), None


def _piece(token: str, *, fallback: bool) -> bytes:
    byte = BYTE.fullmatch(token) if fallback else None
    return token.replace(SPACE, " ").encode() if byte is None else bytes([int(byte[1], 16)])


def _parts(definition: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """Yield the parts of a decoder or pre-tokenizer, which may be a sequence."""
    if definition is not None:
        yield definition
        for name in ("decoders", "pretokenizers"):
            for part in definition.get(name, ()):
                yield from _parts(part)
