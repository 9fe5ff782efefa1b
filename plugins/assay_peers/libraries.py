"""GPT-2 and cl100k_base by other libraries, each imported when its function is called.

All are pretrained: the training text is not used.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from assay_files.binding import Binding
from assay_peers.gpt2 import SPECIALS, VOCAB_SIZE, rank_file, tokenizer_json

WORDCHIPPER_CACHE = "WORDCHIPPER_CACHE_DIR"


def bpe_openai(training_text: str = "") -> Binding:
    """Build cl100k_base, whose vocabulary the package carries."""
    import bpe_openai

    encoding = bpe_openai.get_encoding("cl100k_base")
    return Binding(
        vocab_size=encoding.n_vocab,
        encode=lambda text: encoding.encode(text, allowed_special="all"),
        decode=encoding.decode,
    )


def fastokens(training_text: str = "") -> Binding:
    """Build GPT-2 by fastokens."""
    import fastokens

    tokenizer = fastokens.Tokenizer.from_json_str(tokenizer_json())
    return Binding(
        vocab_size=tokenizer.vocab_size,
        encode=lambda text: tokenizer.encode(text).ids,
        decode=tokenizer.decode,
    )


def gigatoken(training_text: str = "") -> Binding:
    """Build GPT-2 by gigatoken; the library's NumPy array becomes a list."""
    import gigatoken

    tokenizer = gigatoken.Tokenizer.from_json(tokenizer_json())
    return Binding(
        vocab_size=tokenizer.vocab_size,
        encode=lambda text: tokenizer.encode(text).tolist(),
        decode=lambda ids: tokenizer.decode(list(ids)).decode("utf-8", "replace"),
    )


def iree(training_text: str = "") -> Binding:
    """Build GPT-2 by IREE's tokenizer, with the library's own pattern."""
    from iree.tokenizer import Tokenizer

    tokenizer = Tokenizer.from_tiktoken_buffer(rank_file(), "gpt2")
    return Binding(vocab_size=tokenizer.vocab_size, encode=tokenizer.encode, decode=tokenizer.decode)


def kitoken(training_text: str = "") -> Binding:
    """Build GPT-2 by kitoken."""
    import kitoken

    tokenizer = kitoken.Kitoken.from_tokenizers(tokenizer_json().encode("utf-8"))
    return Binding(
        vocab_size=VOCAB_SIZE,
        encode=lambda text: tokenizer.encode(text, True),
        decode=lambda ids: tokenizer.decode(ids, True).decode("utf-8", "replace"),
    )


def splintr(training_text: str = "") -> Binding:
    """Build GPT-2 by splintr, with the library's own pattern."""
    import splintr

    tokenizer = splintr.Tokenizer.from_bytes(rank_file(), splintr.GPT2_PATTERN, dict(SPECIALS))
    return Binding(
        vocab_size=tokenizer.vocab_size,
        encode=tokenizer.encode_with_special,
        decode=text_from(tokenizer.decode_bytes),
    )


def tokie(training_text: str = "") -> Binding:
    """Build GPT-2 by tokie, from a file made for the moment."""
    import tokie

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tokenizer.json")
        file.write_text(tokenizer_json(), encoding="utf-8")
        tokenizer = tokie.Tokenizer.from_json(str(file))
    return Binding(
        vocab_size=tokenizer.vocab_size,
        encode=lambda text: tokenizer.encode(text, False).ids,
        decode=text_from(tokenizer.decode_bytes),
    )


def wordchipper(training_text: str = "") -> Binding:
    """Build GPT-2 by wordchipper, from a cache made for the moment.

    The library knows vocabularies by name only and would fetch them. Where it cannot, it leaves an empty file
    in the user's cache, from then on takes that for the vocabulary, and gives bytes without an error.
    """
    import wordchipper

    before = os.environ.get(WORDCHIPPER_CACHE)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "openai", "r50k_base", "r50k_base.tiktoken")
        file.parent.mkdir(parents=True)
        file.write_bytes(rank_file())
        os.environ[WORDCHIPPER_CACHE] = folder
        try:
            tokenizer = wordchipper.Tokenizer.from_pretrained("openai:r50k_base")
        finally:
            if before is None:
                del os.environ[WORDCHIPPER_CACHE]
            else:
                os.environ[WORDCHIPPER_CACHE] = before
    return Binding(vocab_size=VOCAB_SIZE, encode=tokenizer.encode, decode=text_from(tokenizer.decode_bytes))


def text_from(decode: Callable[[Sequence[int]], bytes]) -> Callable[[Sequence[int]], str]:
    """Return a `decode` that makes text of the bytes that a library's gives; what is no UTF-8 becomes U+FFFD."""
    return lambda ids: decode(ids).decode("utf-8", "replace")
