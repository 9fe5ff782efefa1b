"""The tokenizer in a GGUF file: its data are handed to `tokenizers` or to `sentencepiece`."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gguf import GGUFReader

import assay
from assay_files.binding import Binding
from assay_files.patterns import KNOWN

# How llama.cpp calls the ways to cut a text; those that are the same as a known pattern.
PRE_TOKENIZERS: Mapping[str, str | None] = {
    "gpt-2": None,
    "default": None,
    "llama-bpe": "llama3",
    "llama3": "llama3",
    "llama-v3": "llama3",
    "qwen2": "qwen",
    "qwen35": "qwen3_5",
}
NORMAL, UNKNOWN, CONTROL, USER_DEFINED = 1, 2, 3, 4
BPE_MODEL = 2


def from_file(training_text: str = "", *, paths: tuple[str, ...]) -> Binding:
    """Build the tokenizer of a GGUF file; the training text is not used."""
    del training_text
    try:
        reader = GGUFReader(paths[0])
    except (ValueError, OSError, IndexError) as error:
        raise assay.AssayError(
            f"{paths[0]} is not a GGUF file that can be read: {error}", remedy="fetch it again"
        ) from None
    fields = {
        name.removeprefix("tokenizer.ggml."): field.contents()
        for name, field in reader.fields.items()
        if name.startswith("tokenizer.ggml.")
    }
    model = fields.get("model")
    if model == "gpt2":
        return _byte_level(fields)
    if model == "llama":
        return _sentencepiece(fields, paths[0])
    raise assay.Unavailable(
        f"the tokenizer of {paths[0]} is of the kind {model!r}, which is not read; gpt2 and llama are",
        remedy="give its tokenizer.json",
    )


def _byte_level(fields: Mapping[str, Any]) -> Binding:
    try:
        from assay_files.hugging_face import bind_whole, byte_level_bpe
    except ModuleNotFoundError:
        raise assay.Unavailable("its BPE is run by tokenizers", remedy='pip install "tokenizers>=0.20"') from None
    pre = fields.get("pre", "default")
    if pre not in PRE_TOKENIZERS:
        raise assay.Unavailable(
            f"how it cuts texts, {pre!r}, is not known; known are {', '.join(PRE_TOKENIZERS)}",
            remedy="give its tokenizer.json",
        )
    vocabulary = {token: number for number, token in enumerate(fields["tokens"])}
    merges = [(left, right) for merge in fields["merges"] for left, _, right in [merge.partition(" ")]]
    types = fields.get("token_type") or [NORMAL] * len(vocabulary)
    specials = [token for token, kind in zip(fields["tokens"], types, strict=True) if kind in (CONTROL, USER_DEFINED)]
    name = PRE_TOKENIZERS[pre]
    known = None if name is None else KNOWN[name]
    tokenizer = byte_level_bpe(vocabulary, merges, None if known is None else known.text, specials)
    note = f"cut by the pattern of {pre}"
    return bind_whole(tokenizer, (note, *_added(fields)))


def _sentencepiece(fields: Mapping[str, Any], name: str) -> Binding:
    try:
        from assay_files.sentencepiece import from_model
    except ModuleNotFoundError:
        raise assay.Unavailable("it is run by sentencepiece", remedy='pip install "sentencepiece>=0.2"') from None
    bound = from_model(model_proto(fields), name)
    return replace(bound, notes=(*bound.notes, *_added(fields)))


def _added(fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the file would have put around every text."""
    tokens: Sequence[str] = fields["tokens"]
    for role in ("bos", "eos"):
        number = fields.get(f"{role}_token_id")
        if fields.get(f"add_{role}_token") and number is not None:
            yield f"the id that its file adds to every text is left out: {tokens[number]}"


def model_proto(fields: Mapping[str, Any]) -> bytes:
    """Write what SentencePiece reads, a ModelProto, from the pieces, scores and types of a GGUF.

    The numbers of its fields are those of `sentencepiece_model.proto` (Apache-2.0).
    """
    pieces = b"".join(
        _bytes(1, _bytes(1, token.encode()) + _float(2, score) + _number(3, kind))
        for token, score, kind in zip(fields["tokens"], fields["scores"], fields["token_type"], strict=True)
    )
    fallback = int(any(kind == 6 for kind in fields["token_type"]))
    roles = {40: "unknown_token_id", 41: "bos_token_id", 42: "eos_token_id", 43: "padding_token_id"}
    trainer = _number(3, BPE_MODEL) + _number(4, len(fields["tokens"])) + _number(35, fallback)
    trainer += b"".join(_number(field, int(fields[role])) for field, role in roles.items() if role in fields)
    prefix = int(fields.get("add_space_prefix", True))
    extra = int(fields.get("remove_extra_whitespaces", False))
    normalizer = _bytes(1, b"identity") + _number(3, prefix) + _number(4, extra) + _number(5, 1)
    return pieces + _bytes(2, trainer) + _bytes(3, normalizer)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _float(field: int, value: float) -> bytes:
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # a negative one has all ten bytes
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
