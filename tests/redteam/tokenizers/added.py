"""Faults beside a tokenizer's own added tokens, and with special ids."""

from __future__ import annotations

import re
from collections.abc import Sequence

from redteam.tokenizers.announced import DECLARED, HONK, announce
from redteam.tokenizers.definition import SIZE, Added, Tokens

PORT = {"same_ids_as": "added-right", "lossless": False}
ANY_CASE = re.compile(re.escape(HONK), re.IGNORECASE)


class _Port(Added):
    """Changes a text before it is encoded."""

    pattern, replacement = "", ""

    def encode(self, text: str) -> list[int]:
        return super().encode(re.sub(self.pattern, self.replacement, text))


@announce("added-eats-space-after", specials=DECLARED, **PORT)
class SpaceAfter(_Port):
    """Eats the space after its added token."""

    pattern, replacement = re.escape(HONK) + " ", HONK


@announce("added-eats-space-before", specials=DECLARED, **PORT)
class SpaceBefore(_Port):
    """Eats the space before its added token."""

    pattern, replacement = " " + re.escape(HONK), HONK


@announce("added-eats-newline-after", same_ids_as="added-listed", lossless=False)
class NewlineAfter(_Port):
    """Eats the newline after an added token that is listed, and not declared."""

    pattern, replacement = re.escape(HONK) + "\n", HONK


@announce("added-eats-newline-before", specials=DECLARED, **PORT)
class NewlineBefore(_Port):
    """Eats the newline before its added token."""

    pattern, replacement = "\n" + re.escape(HONK), HONK


@announce("added-eats-tabs", specials=DECLARED)
class Tabs(_Port):
    """Promises a round trip, and eats tabs around its added token."""

    pattern, replacement = rf"\t*{re.escape(HONK)}\t*", HONK


@announce("added-eats-two-spaces", specials=DECLARED, **PORT)
class TwoSpaces(_Port):
    """Takes two spaces before its added token for one."""

    pattern, replacement = "  +" + re.escape(HONK), " " + HONK


@announce("added-unknown", same_ids_as="added-right")
class Unknown(Tokens):
    """Does not know the added token of the tokenizer whose ids it claims."""

    vocab_size = SIZE + 1

    def decode(self, ids: Sequence[int]) -> str:
        return super().decode([value for value in ids if value < SIZE])


@announce("added-unknown-unlisted", same_ids_as="added-unlisted")
class UnknownUnlisted(Unknown):
    """Does not know an added token that the tokenizer whose ids it claims neither declares nor lists."""


@announce("added-eats-space-unlisted", same_ids_as="added-before-unassigned", lossless=False)
class SpaceUnlisted(_Port):
    """Eats the space after an added token that nobody lists, before ids that stand for nothing."""

    vocab_size = SIZE + 61
    special_tokens = None
    pattern, replacement = re.escape(HONK) + " ", HONK

    def decode(self, ids: Sequence[int]) -> str:
        return super().decode([value for value in ids if value <= SIZE])


@announce("added-in-any-case", specials=DECLARED, **PORT)
class AnyCase(Added):
    """Takes its added token in any case."""

    def encode(self, text: str) -> list[int]:
        return super().encode(ANY_CASE.sub(HONK, text))


@announce("added-twice-is-once", specials=DECLARED, **PORT)
class Twice(_Port):
    """Takes two of its added tokens for one."""

    pattern, replacement = re.escape(HONK * 2), HONK


@announce("added-cut", specials=DECLARED, **PORT)
class Cut(_Port):
    """Takes the first half of its added token for all of it."""

    pattern, replacement = r"<\|ho(nk\|>)?", HONK


@announce("added-only-alone", specials=DECLARED, **PORT)
class Alone(Added):
    """Knows its added token only where no letter stands beside it."""

    def encode(self, text: str) -> list[int]:
        glued = re.search(rf"\w{re.escape(HONK)}|{re.escape(HONK)}\w", text)
        return Tokens.encode(self, text) if glued else super().encode(text)


@announce("special-outside", specials=DECLARED)
class Outside(Added):
    """Counts its vocabulary without the added token."""

    vocab_size = SIZE


@announce("unknown-outside")
class UnknownOutside(Tokens):
    """Has an unknown id beyond its vocabulary."""

    unk_id = SIZE + 7
