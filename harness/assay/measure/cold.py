"""The first pass over documents: what a tokenizer takes when it has seen none of them before."""

from __future__ import annotations

import operator
import time
from collections.abc import Sequence

from assay.contracts import Tokenizer
from assay.errors import GateFailed
from assay.measure.identity import Identity
from assay.records import Metric


def first_pass(
    tokenizer: Tokenizer, texts: Sequence[str], seen: int, identity: Identity | None
) -> tuple[list[list[int]], tuple[Metric, ...]]:
    """Encode each document once, and with it, in turn, the reference whose ids are claimed.

    The first `seen` characters were encoded before (to predict): documents that begin there do not count
    for the figures. Times are CPU time of this process. Raises `GateFailed` where ids are not those claimed.
    """
    found: list[list[int]] = []
    place = size = ours = theirs = 0
    for number, text in enumerate(texts):
        start = time.process_time_ns()
        ids = tokenizer.encode(text)
        taken = time.process_time_ns() - start
        reference = 0
        if identity is not None:
            start = time.process_time_ns()
            expected = identity.reference.encode(text)
            reference = time.process_time_ns() - start
            identity.compare(f"document {number}", text, as_ints(expected), as_ints(ids))
        if place >= seen:
            size += len(text.encode("utf-8", "surrogatepass"))
            ours += taken
            theirs += reference
        place += len(text)
        found.append(as_ints(ids))  # a copy: a list may be refilled
    if not size or not ours:
        return found, ()
    metrics = [
        Metric(name="cold_bytes", value=size),
        Metric(name="cold_mb_per_s", value=size / ours * 1e3),
    ]
    if theirs:
        metrics.append(Metric(name="cold_ratio", value=ours / theirs))
    return found, tuple(metrics)


def as_ints(ids: Sequence[int]) -> list[int]:
    """Copy ids to a list of int; raise `GateFailed` for what is no integer."""
    try:
        return [operator.index(value) for value in ids]
    except TypeError:
        raise GateFailed(f"encode gives {type(ids).__name__} whose items are not all integers") from None


def words_seen_before(texts: Sequence[str]) -> float:
    """The share of words (runs without white space) that occurred earlier in the same documents."""
    words = [word for text in texts for word in text.split()]
    return 1.0 - len(set(words)) / len(words) if words else 0.0
