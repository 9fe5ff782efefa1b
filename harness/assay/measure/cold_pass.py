"""Cold-start throughput: the first pass over documents, of which a tokenizer has seen none before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from time import process_time_ns

from assay.measure.id_equivalence import IdEquivalence
from assay.measure.token_ids import as_ints
from assay.records.results import Metrics
from assay.stats.bootstrap import ratio_interval


class ColdStart:
    """Encodes each document once, and with it, in turn, the reference whose ids are claimed; by CPU time."""

    def __init__(self, encode: Callable[[str], Sequence[int]]) -> None:
        self.encode_one = encode
        self.ids: list[list[int]] = []
        self._times: list[_DocumentTime] = []

    def encode(self, texts: Sequence[str], equivalence: IdEquivalence | None) -> None:
        """Go on to the end of the texts, whose beginning was encoded before.

        Raises `WrongOutput` where ids are not those claimed; the next call then begins with that document.
        """
        for number, text in enumerate(texts[len(self.ids) :], start=len(self.ids)):
            start = process_time_ns()
            ids = self.encode_one(text)
            taken = process_time_ns() - start
            reference = 0
            if equivalence is not None:
                start = process_time_ns()
                expected = equivalence.reference.encode(text)
                reference = process_time_ns() - start
                equivalence.compare(f"document {number}", text, as_ints(expected), as_ints(ids), self.encode_one)
            size = len(text.encode("utf-8", "surrogatepass"))
            self.ids.append(as_ints(ids))  # a copy: a list may be refilled
            self._times.append(_DocumentTime(len(text), size, taken, reference))

    def metrics(self, seen: int) -> Metrics:
        """Return the figures.

        The first `seen` characters were encoded before (to predict): documents that begin there do not count.
        """
        places = accumulate((each.characters for each in self._times), initial=0)
        cold = [each for place, each in zip(places, self._times, strict=False) if place >= seen]
        size = sum(each.size for each in cold)
        ours = sum(each.ours_ns for each in cold)
        theirs = sum(each.theirs_ns for each in cold)
        if not size or not ours:
            return Metrics()
        interval = (
            ratio_interval([each.ours_ns for each in cold], [each.theirs_ns for each in cold]) if theirs else None
        )
        return Metrics(
            cold_bytes=size,
            cold_mb_per_s=size / ours * 1e3,
            cold_ratio=ours / theirs if theirs else None,
            cold_ratio_low=None if interval is None else interval.low,
            cold_ratio_high=None if interval is None else interval.high,
        )


@dataclass(frozen=True, slots=True)
class _DocumentTime:
    """One document of the pass: its characters and bytes, and the CPU time of ours and of the reference."""

    characters: int
    size: int
    ours_ns: int
    theirs_ns: int


def words_seen_before(texts: Sequence[str]) -> float:
    """The share of words (runs without white space) that occurred earlier in the same documents."""
    words = [word for text in texts for word in text.split()]
    return 1.0 - len(set(words)) / len(words) if words else 0.0
