"""A word tokenizer by regular expression. It is lossy: white space is not kept."""

from __future__ import annotations

import re
from collections.abc import Sequence

import assay
from assay_regex import SPECIALS

SEPARATORS = re.compile(r"""([,.?_!"()']|--|\s)""")
SPACE_BEFORE_PUNCTUATION = re.compile(r"""\s+([,.?!"()'])""")
NO_SPECIALS = assay.SpecialTokens()


def split(text: str) -> list[str]:
    """Cut a text into words and separators, without white space. `:` and `;` stay with their word."""
    return [piece for part in SEPARATORS.split(text) if (piece := part.strip())]


class RegexTokenizer:
    """The sorted set of the training text's tokens, ids in that order, then the special tokens.

    With an `unk` special token a token outside the vocabulary becomes that; without one it raises
    `assay.UnknownToken`. Special tokens contain no separator, or they would never be found in a text.
    """

    def __init__(self, training_text: str, specials: assay.SpecialTokens = NO_SPECIALS) -> None:
        recognised = specials.in_text != "text"
        words = sorted(set(split(training_text)) - set(specials.tokens if recognised else ()))
        self._tokens = [*words, *specials.tokens]
        self._special_ids = {token: index for index, token in enumerate(specials.tokens, start=len(words))}
        self._ids = {word: index for index, word in enumerate(words)} | (self._special_ids if recognised else {})
        self._unk_id = None if specials.unk is None else self._special_ids[specials.unk]
        self._refused = frozenset(specials.tokens if specials.in_text == "refused" else ())

    @property
    def vocab_size(self) -> int:
        """Words and special tokens."""
        return len(self._tokens)

    @property
    def unk_id(self) -> int | None:
        """The id of the unknown token, if there is one."""
        return self._unk_id

    @property
    def special_tokens(self) -> dict[str, int]:
        """The ids of the special tokens."""
        return dict(self._special_ids)

    def encode(self, text: str) -> list[int]:
        """Give the id of each token of the text."""
        pieces = split(text)
        if self._refused and not self._refused.isdisjoint(pieces):
            found = next(piece for piece in pieces if piece in self._refused)
            raise assay.AssayError(f"the special token {found!r} is refused in a text")
        if self._unk_id is not None:
            unknown, ids = self._unk_id, self._ids
            return [ids.get(piece, unknown) for piece in pieces]
        try:
            return [self._ids[piece] for piece in pieces]
        except KeyError as error:
            raise assay.UnknownToken(error.args[0]) from None

    def decode(self, ids: Sequence[int]) -> str:
        """Join the tokens with one space, none before punctuation."""
        return SPACE_BEFORE_PUNCTUATION.sub(r"\1", " ".join([self._tokens[index] for index in ids]))


def with_unknown(training_text: str) -> RegexTokenizer:
    """Build the tokenizer with the tutorial's two special tokens."""
    return RegexTokenizer(training_text, SPECIALS)
