"""The frozen records of how a tokenizer cuts a text."""

from __future__ import annotations

from dataclasses import dataclass

from assay.records.results import Status

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text, [start, end) in bytes of its UTF-8, and the characters that these bytes touch.

    Two tokens that share a character have bytes apart, and both have the character.
    """

    bytes: Range
    characters: Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One token of a text.

    `text` is the token decoded alone, bytes that are no UTF-8 by themselves as escapes. `hex` is its exact
    bytes, None where the tokenizer does not offer `token_bytes`. Tokens with equal spans share a part of the
    text, and where one ends and the next begins is not known; an empty span is a token with no part of it.
    """

    id: int
    text: str
    hex: str | None
    span: Span
    unknown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAlignment:
    """The tokens of a text and the `uncovered` parts of it, which no token covers; `reason` says why there are none."""

    tokenizer: str
    status: Status
    tokens: tuple[Piece, ...] = ()
    uncovered: tuple[Span, ...] = ()
    decoded: str | None = None
    reason: str | None = None
    remedy: str | None = None
    expected: bool = False

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of the text."""
        return tuple(token.id for token in self.tokens)

    @property
    def unknown(self) -> int:
        """How many tokens are the unknown token."""
        return sum(token.unknown for token in self.tokens)

    @property
    def uncovered_bytes(self) -> int:
        """The number of bytes of the text that no token covers."""
        return sum(end - start for start, end in (span.bytes for span in self.uncovered))

    @property
    def lost(self) -> tuple[Span, ...]:
        """The former name of `uncovered`."""
        return self.uncovered
