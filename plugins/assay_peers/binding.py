"""How a library takes part: its own functions, as directly as they can be called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A library's functions in the shape of `assay.Tokenizer`, with as little as possible before the clock.

    `encode` gives a list of ids, whatever the library's own output is; what a library raises is left as it is.
    """

    vocab_size: int
    encode: Callable[[str], list[int]]
    decode: Callable[[Sequence[int]], str]
    unk_id: int | None = None
