"""What the red team announces of tokenizers: each module adds its own here, and `redteam.plugins` hands them over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import assay
from assay import SpecialTokens, TokenizerPlugin

HONK = "<|honk|>"
DECLARED = SpecialTokens(other=(HONK,), in_text="recognised")

TOKENIZERS: dict[str, TokenizerPlugin] = {}


def announce(name: str, **claims: Any) -> Callable[[type], type]:
    """Announce a tokenizer by its class, which is built on the training text; its docstring is the summary."""

    def add(build: type) -> type:
        assert name not in TOKENIZERS, f"two tokenizers are called {name}"
        TOKENIZERS[name] = assay.TokenizerPlugin(
            name=name, summary=(build.__doc__ or "").strip().rstrip("."), license="MIT", build=build, **claims
        )
        return build

    return add
