"""A word tokenizer by the tutorial's regular expressions, without running them. It is lossy: white space is not kept.

The tutorial splits at `([,.?_!"()']|--|\\s)`, strips the pieces and drops the empty ones. No piece but white
space itself holds any, so that the same tokens come from spaces put round every separator and one
`str.split`: it, `str.strip` and the `\\s` of `re` agree on what is white space in all of Unicode. The tutorial
decodes by joining with spaces and removing `\\s+` before `,.?!"()'`. Which tokens that concerns is known
beforehand, so that each is kept with the space that it brings along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import repeat

import assay
from assay_regex import SPECIALS

SEPARATORS = (",", ".", "?", "_", "!", '"', "(", ")", "'", "--")
APART = tuple((separator, f" {separator} ") for separator in SEPARATORS)
CLOSE_TO_THE_LEFT = frozenset(",.?!\"()'")
WHITE_SPACE = re.compile(r"\s")
BLOCK = 1 << 14  # characters: few enough that the tokens of a block stay in the processor's cache
NO_SPECIALS = assay.SpecialTokens()


def split(text: str) -> list[str]:
    """Cut a text into words and separators, without white space. `:` and `;` stay with their word."""
    for separator, apart in APART:
        text = text.replace(separator, apart)
    return text.split()


def blocks(text: str, size: int = BLOCK) -> Iterator[str]:
    """Cut a text before the first white space after each `size` characters: no token is cut in two."""
    start = 0
    while start < len(text):
        white = WHITE_SPACE.search(text, start + size)
        end = white.start() if white else len(text)
        yield text[start:end]
        start = end


class RegexTokenizer:
    """The sorted set of the training text's tokens, ids in that order, then the special tokens.

    With an `unk` special token a token outside the vocabulary becomes that; without one it raises
    `assay.UnknownToken`. A special token with a separator in it (`<|im_start|>`) is never found in a text; one
    that is empty or has white space in it raises `assay.AssayError`.
    """

    def __init__(self, training_text: str, specials: assay.SpecialTokens = NO_SPECIALS) -> None:
        for token in specials.tokens:
            if token.split() != [token]:
                raise assay.AssayError(
                    f"the special token {token!r} is empty or has white space in it", remedy="give it another name"
                )
        recognised = specials.in_text != "text"
        seen = {token for block in blocks(training_text) for token in split(block)}
        words = sorted(seen - set(specials.tokens if recognised else ()))
        tokens = [*words, *specials.tokens]
        self._special_ids = {token: index for index, token in enumerate(specials.tokens, start=len(words))}
        self._ids = {word: index for index, word in enumerate(words)} | (self._special_ids if recognised else {})
        self._pieces = {
            index: token if token[0] in CLOSE_TO_THE_LEFT else f" {token}" for index, token in enumerate(tokens)
        }
        self._unk_id = None if specials.unk is None else self._special_ids[specials.unk]
        self._refused = frozenset(specials.tokens if specials.in_text == "refused" else ())

    @property
    def vocab_size(self) -> int:
        """Words and special tokens."""
        return len(self._pieces)

    @property
    def unk_id(self) -> int | None:
        """The id of the unknown token, if there is one."""
        return self._unk_id

    @property
    def special_tokens(self) -> dict[str, int]:
        """The ids of the special tokens."""
        return dict(self._special_ids)

    def encode(self, text: str) -> Sequence[int]:
        """Return the id of each token of the text, in a list."""
        known, unknown, refused = self._ids, self._unk_id, self._refused
        ids: list[int] = []
        for block in blocks(text):
            tokens = split(block)
            if refused and not refused.isdisjoint(tokens):
                found = next(token for token in tokens if token in refused)
                raise assay.AssayError(f"the special token {found!r} is refused in a text")
            if unknown is not None:
                ids.extend(map(known.get, tokens, repeat(unknown)))
                continue
            try:
                ids.extend(map(known.__getitem__, tokens))
            except KeyError as error:
                raise assay.UnknownToken(error.args[0]) from None
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Join the tokens with one space, none before punctuation; raise KeyError for an id that is not assigned."""
        return "".join(map(self._pieces.__getitem__, ids)).removeprefix(" ")


def with_unknown(training_text: str) -> RegexTokenizer:
    """Build the tokenizer with the tutorial's two special tokens."""
    return RegexTokenizer(training_text, SPECIALS)
