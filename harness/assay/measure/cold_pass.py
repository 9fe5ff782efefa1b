"""The first pass over documents: what a tokenizer takes when it has seen none of them before."""

from __future__ import annotations

import operator
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from assay.errors import WrongOutput
from assay.measure.id_equivalence import IdEquivalence
from assay.plugins.types import Tokenizer
from assay.records.results import Metrics


class ColdStart:
    """Encodes each document once, and with it, in turn, the reference whose ids are claimed; by CPU time."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.ids: list[list[int]] = []
        self._readings: list[_Reading] = []

    def encode(self, texts: Sequence[str], identity: IdEquivalence | None) -> None:
        """Go on to the end of the texts, whose beginning was encoded before.

        Raises `WrongOutput` where ids are not those claimed; the next call then begins with that document.
        """
        for number, text in enumerate(texts[len(self.ids) :], start=len(self.ids)):
            start = time.process_time_ns()
            ids = self.tokenizer.encode(text)
            taken = time.process_time_ns() - start
            reference = 0
            if identity is not None:
                start = time.process_time_ns()
                expected = identity.reference.encode(text)
                reference = time.process_time_ns() - start
                identity.compare(f"document {number}", text, as_ints(expected), as_ints(ids))
            size = len(text.encode("utf-8", "surrogatepass"))
            self.ids.append(as_ints(ids))  # a copy: a list may be refilled
            self._readings.append(_Reading(len(text), size, taken, reference))

    def metrics(self, seen: int) -> Metrics:
        """Give the figures.

        The first `seen` characters were encoded before (to predict): documents that begin there do not count.
        """
        places = accumulate((reading.characters for reading in self._readings), initial=0)
        cold = [reading for place, reading in zip(places, self._readings, strict=False) if place >= seen]
        size = sum(reading.size for reading in cold)
        ours = sum(reading.ours_ns for reading in cold)
        theirs = sum(reading.theirs_ns for reading in cold)
        if not size or not ours:
            return Metrics()
        return Metrics(cold_bytes=size, cold_mb_per_s=size / ours * 1e3, cold_ratio=ours / theirs if theirs else None)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One document of the pass: its characters and bytes, and the CPU time of ours and of the reference."""

    characters: int
    size: int
    ours_ns: int
    theirs_ns: int


def as_ints(ids: Sequence[int]) -> list[int]:
    """Copy ids to a list of int; raise `WrongOutput` for what is no integer."""
    try:
        return list(map(operator.index, ids))
    except TypeError:
        raise WrongOutput(f"encode gives {type(ids).__name__} whose items are not all integers") from None


def words_seen_before(texts: Sequence[str]) -> float:
    """The share of words (runs without white space) that occurred earlier in the same documents."""
    words = [word for text in texts for word in text.split()]
    return 1.0 - len(set(words)) / len(words) if words else 0.0
