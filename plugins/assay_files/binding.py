"""How a library takes part: its own functions, as directly as they can be called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A library's functions in the shape of `assay.Tokenizer`, with as little as possible before the clock.

    `encode` gives a list of ids, whatever the library's own output is; what a library raises is left as it is. `notes`
    say what was changed or found in a file.
    """

    vocab_size: int
    encode: Callable[[str], list[int]]
    decode: Callable[[Sequence[int]], str]
    unk_id: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingBinding(Binding):
    """One that lists its special tokens; an ability that is absent is no attribute."""

    special_tokens: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesBinding(ListingBinding):
    """One that knows the bytes of its tokens too."""

    token_bytes: Callable[[int], bytes]


def bytes_from(content: Mapping[int, bytes]) -> Callable[[int], bytes]:
    """Return a `token_bytes` that looks ids up; it raises KeyError for others."""
    return content.__getitem__
