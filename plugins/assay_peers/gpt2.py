"""GPT-2's vocabulary in the two forms that other libraries read, from the merges that `assay_tiktoken` ships."""

from __future__ import annotations

import base64
import hashlib
import json
import lzma
from importlib import resources

import assay
from assay_files.byte_level import stand_ins

VOCAB_BPE = "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"
ENDOFTEXT = "<|endoftext|>"
SPECIALS = {ENDOFTEXT: 50256}
VOCAB_SIZE = 50257


def merges() -> list[str]:
    """Return the merges by rank, each as two parts with a space between, in printable stand-ins for bytes."""
    packed = resources.files("assay_tiktoken").joinpath("data/vocab.bpe.xz").read_bytes()
    content = lzma.decompress(packed)
    if hashlib.sha256(content).hexdigest() != VOCAB_BPE:
        raise assay.AssayError("the shipped GPT-2 merges are damaged", remedy="reinstall assay")
    return content.decode("utf-8").splitlines()[1:]


def tokenizer_json() -> str:
    """Return the vocabulary as a Hugging Face `tokenizer.json`, the special token recognised in a text."""
    lines = merges()
    tokens = [*stand_ins(), *(line.replace(" ", "") for line in lines), ENDOFTEXT]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    end = {"id": SPECIALS[ENDOFTEXT], "content": ENDOFTEXT, "special": True, "normalized": False}
    return json.dumps(
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [end | {"single_word": False, "lstrip": False, "rstrip": False}],
            "normalizer": None,
            "pre_tokenizer": byte_level,
            "post_processor": None,
            "decoder": byte_level,
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": "",
                "end_of_word_suffix": "",
                "fuse_unk": False,
                "byte_fallback": False,
                "vocab": {token: index for index, token in enumerate(tokens)},
                "merges": lines,
            },
        }
    )


def rank_file() -> bytes:
    """Return the vocabulary as tiktoken's file `r50k_base.tiktoken`: one token in base64 and its rank per line."""
    byte_of = stand_ins()
    tokens = [*byte_of, *(line.replace(" ", "") for line in merges())]
    encoded = (base64.b64encode(bytes([byte_of[char] for char in token])) for token in tokens)
    return b"".join(b"%s %d\n" % (token, rank) for rank, token in enumerate(encoded))
