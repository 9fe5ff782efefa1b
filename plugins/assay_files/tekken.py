"""Mistral's tekken JSON, run by tiktoken."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import assay
from assay_files.binding import Binding
from assay_files.patterns import Pattern
from assay_files.ranks import bind


def from_file(training_text: str = "", *, paths: tuple[str, ...]) -> Binding:
    """Build the tokenizer of a tekken JSON file; the training text is not used."""
    del training_text
    return tekken(Path(paths[0]).read_bytes(), paths[0])


def tekken(content: bytes, name: str = "tekken") -> Binding:
    """Build the tokenizer of the content of a tekken JSON file.

    The first ids are special tokens, which no text gives: as `mistral_common` does, they are read as ordinary text.
    The file lists more tokens than the models have; the last are left out. Such an id is decoded to nothing.
    """
    try:
        definition = json.loads(content)
        config = definition["config"]
        first, size = config["default_num_special_tokens"], config["default_vocab_size"]
        ranks = {
            base64.b64decode(entry["token_bytes"]): first + entry["rank"]
            for entry in definition["vocab"][: size - first]
        }
        pattern = config["pattern"]
    except (ValueError, KeyError, TypeError) as error:
        raise assay.AssayError(f"{name} is not a tekken file: {error!r}", remedy="fetch it again") from None
    left_out = len(definition["vocab"]) - len(ranks)
    notes = [f"vocab_size counts {first:,} special tokens, which no text gives"]
    notes += [f"{left_out:,} tokens of the file are left out, as its models have {size:,}"] if left_out else []
    return replace(bind("tekken", ranks, Pattern("its file", pattern), vocab_size=size), notes=tuple(notes))
