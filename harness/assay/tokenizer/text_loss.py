"""How much of a text is lost by encoding and decoding it: the share of its characters that come back.

A character comes back where it is in the longest common subsequence of the text and what is decoded. The share is of
the longer of both, so that it is 1 only where they are equal, and what is added counts against a tokenizer too.

Up to 4,096 characters it is exact. A longer text is compared window by window, each from where the one before ends;
so something may be missed, and nothing is counted that does not come back. After half a million characters of texts
that differ, the rest is taken to be as those were, and never to be more than was decoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from assay.records.results import Metrics
from assay.tokenizer.normalization import normalized

EXACT = 4096  # characters of each text
WINDOW = 1024  # characters of the text; three times as many of what is decoded
WORTH = 4  # characters of what is decoded that one more match is worth
MOST = 500_000  # characters that are compared; a million take about a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Of `of` characters of some texts `back` came back; `compared` of them were looked at one by one."""

    back: int = 0
    of: int = 0
    compared: int = 0

    @property
    def share(self) -> float:
        """The share that came back."""
        return self.back / self.of if self.of else 1.0

    def add(self, text: str, decoded: str) -> Returned:
        """Add a text, and what its ids decode to."""
        of, compared = max(len(text), len(decoded)), self.compared
        back = of
        if text != decoded:
            back, compared = _compare(text, decoded, self)
        return Returned(back=self.back + back, of=self.of + of, compared=compared)


class TextLoss:
    """Counts what comes back of one tokenizer's texts, as they are and after the normalization that it declares."""

    def __init__(self, normalization: Sequence[str]) -> None:
        self.normalization = normalization
        self.plain = self.after = Returned()

    def add(self, text: str, decoded: str) -> None:
        """Add a text, and what its ids decode to."""
        self.plain = self.plain.add(text, decoded)
        if not self.normalization:
            self.after = self.plain
            return
        if text != decoded:
            text, decoded = (normalized(each, self.normalization) for each in (text, decoded))
        self.after = self.after.add(text, decoded)


def loss_figures(plain: Returned, after: Returned, normalization: Sequence[str]) -> Metrics:
    """Return the shares that come back, as they are and after the normalization, and the names of its steps."""
    return Metrics(
        characters_back=plain.share,
        characters_back_normalized=after.share,
        normalization=", ".join(normalization) or None,
    )


def _compare(text: str, decoded: str, before: Returned) -> tuple[int, int]:
    """Return how many characters come back, and how many were compared in this text and those before."""
    same, compared = _same_end(text, decoded), before.compared
    text, decoded = text[: len(text) - same], decoded[: len(decoded) - same]
    back = at = place = 0
    while at < len(text) and place < len(decoded):
        left = len(text) - at, len(decoded) - place
        if min(left) >= WINDOW and text[at : at + WINDOW] == decoded[place : place + WINDOW]:
            back, at, place = back + WINDOW, at + WINDOW, place + WINDOW
            continue
        if compared >= MOST:
            share = (before.back + same + back) / (before.of + same + max(at, place))
            return same + back + min(int(share * max(left)), *left), compared
        last = max(left) <= EXACT
        size, ahead = left if last else (WINDOW, 3 * WINDOW)
        near = None if last else WINDOW * left[1] // left[0]
        window = text[at : at + size]
        found, reached = _common(window, decoded[place : place + ahead], near)
        back, at, place, compared = back + found, at + size, place + reached, compared + len(window)
    return same + back, compared


def _same_end(text: str, decoded: str) -> int:
    """Return how many characters at the end are the same, in whole windows."""
    same, least = 0, min(len(text), len(decoded)) - WINDOW
    while same <= least:
        ends = len(text) - same, len(decoded) - same
        if text[ends[0] - WINDOW : ends[0]] != decoded[ends[1] - WINDOW : ends[1]]:
            break
        same += WINDOW
    return same


def _common(text: str, decoded: str, near: int | None) -> tuple[int, int]:
    """Return the length of the longest common subsequence of a text and so many first characters of the other.

    All of it is taken, or what ends where more matches are too far away; `near` a place where there are few at all. The
    bits of one large number are the characters of the other text: those that are 0 come back. (Hyyrö 2004, Bit-parallel
    LCS-length computation revisited.)
    """
    masks: dict[str, int] = {}
    for place, char in enumerate(decoded):
        masks[char] = masks.get(char, 0) | 1 << place
    every = unmatched = (1 << len(decoded)) - 1
    for char in text:
        if char in masks:
            met = unmatched & masks[char]
            unmatched = (unmatched + met | unmatched - met) & every
    reached = len(decoded)
    if near is not None:
        bits = f"{unmatched:0{reached}b}"[::-1]
        gains = list(accumulate((-1 if bit == "1" else WORTH - 1 for bit in bits), initial=0))
        most = max(gains)
        reached = gains.index(most) if most >= WINDOW else min(near, reached)
    return reached - (unmatched & ((1 << reached) - 1)).bit_count(), reached
