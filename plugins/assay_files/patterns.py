"""How a text is cut before its parts are encoded: what a `.tiktoken` file does not say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import assay

# Those of tiktoken's own registry `openai_public` (MIT); a test holds them to it.
GPT2 = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""
CL100K = (
    r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$"""
    r"""|\s*[\r\n]|\s+(?!\S)|\s"""
)
O200K = (
    r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"""
    r"""|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"""
    r"""|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
)
# Those of the code that Qwen publishes with its files (Apache-2.0); its tokenizers also normalise to NFC.
QWEN = (
    r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"""
    r"""|\s+(?!\S)|\s+"""
)
QWEN3_5 = (
    r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"""
    r"""|\s*[\r\n]+|\s+(?!\S)|\s+"""
)
LLAMA3 = (
    r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"""
    r"""|\s+(?!\S)|\s+"""
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern by name; `nfc` normalises a text before it is cut."""

    name: str
    text: str
    nfc: bool = False


KNOWN = {
    pattern.name: pattern
    for pattern in (
        *(Pattern(name, GPT2) for name in ("gpt2", "r50k_base", "p50k_base")),
        Pattern("cl100k_base", CL100K),
        *(Pattern(name, O200K) for name in ("o200k_base", "o200k_harmony")),
        Pattern("llama3", LLAMA3),
        Pattern("qwen", QWEN, nfc=True),
        *(Pattern(name, QWEN3_5, nfc=True) for name in ("qwen3_5", "qwen3_6")),
    )
}


def pattern_of(path: Path, given: str) -> Pattern:
    """Return the pattern of that name, or the regular expression that is given; else that of the file's own name.

    Raises `AssayError` where the file's name tells nothing.
    """
    if given:
        return KNOWN.get(given) or Pattern("the one given", given)
    if path.stem in KNOWN:
        return KNOWN[path.stem]
    raise assay.AssayError(
        f"{path} does not say how texts are cut before they are encoded",
        remedy=f"add #pattern=NAME, one of {', '.join(KNOWN)}, or #pattern= and a regular expression",
    )
