"""A random sample of documents, the same for every tokenizer, just large enough for what is asked of it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from assay.plugins.types import PARALLEL, SCALING, Document
from assay.records.results import Measurement, Metrics, Value
from assay.stats.bootstrap import FEWEST, ratio_interval

SEED = 2_718
# Of these every document is needed: a part lacks sizes of a scaling corpus, and is not parallel in all languages.
ALWAYS_WHOLE = (SCALING, PARALLEL)
T = TypeVar("T")


def shuffled(documents: Sequence[T], seed: int = SEED) -> tuple[T, ...]:
    """Return all documents in one random order; the first n are the sample of n, so that samples are nested."""
    order = list(documents)
    random.Random(seed).shuffle(order)
    return tuple(order)


def enough(uncertainty: Callable[[int], float], target: float) -> int:
    """Return the first of 20, 40, 80 and so on documents whose relative uncertainty is within a target above 0.

    The uncertainty must reach 0 at last, as that of a whole corpus does.
    """
    count = FEWEST
    while uncertainty(count) > target:
        count *= 2
    return count


def relative_uncertainty(sizes: Sequence[int], tokens: Sequence[int], of: int) -> float:
    """Return how far a sample's bytes per token may be from those of its corpus, as a share, by its 95 % interval.

    `sizes` are the bytes of its documents. 0 where it is all documents `of` the corpus; infinite where there is no
    interval, or one of very unequal documents that are worth fewer than 20 equal ones.
    """
    if len(sizes) == of:
        return 0.0
    interval = ratio_interval(sizes, tokens)
    if interval is None or worth(sizes) < FEWEST:
        return math.inf
    return half_width(interval.low, interval.high, sum(sizes) / sum(tokens))


def worth(sizes: Sequence[int]) -> float:
    """Return how many documents of equal size are as informative: (Σ size)² / Σ size² (Kish, Survey Sampling, 1965)."""
    return sum(sizes) ** 2 / sum(size * size for size in sizes)


def sample_metrics(sample: Sequence[Document], corpus: Sequence[Document], counts: Metrics) -> Metrics:
    """What was taken of a corpus, and how narrow its counts became: the figures named `sample_...`."""
    return Metrics(
        sample_documents=len(sample),
        corpus_documents=len(corpus),
        sample_share=sum(map(size_of, sample)) / sum(map(size_of, corpus)),
        sample_width=sample_width(counts),
    )


def sample_width(counts: Metrics) -> float | None:
    """Return half the interval of the bytes per token, as a share of them; None where there is no interval."""
    if "bytes_per_token_low" not in counts:
        return None
    low, high, value = (float(counts[f"bytes_per_token{end}"]) for end in ("_low", "_high", ""))
    return half_width(low, high, value)


def taken(rows: Sequence[Measurement]) -> str | None:
    """Return a sentence on the sample that a group of rows is measured on, and its uncertainty for the worst of them.

    None for rows that are not of a sample.
    """
    drawn = [row for row in rows if row.value("sample_documents") is not None]
    if not drawn:
        return None
    worst = max(drawn, key=lambda row: float(row.value("sample_width") or 0.0))
    documents, of = (int(worst.value(name) or 0) for name in ("sample_documents", "corpus_documents"))
    if of < FEWEST:
        return f"all {of:,} documents: fewer than {FEWEST} are not sampled"
    width = f"bytes per token within ±{_percent(worst.value('sample_width'))}"
    if documents == of:
        return f"all {of:,} documents, since no smaller sample was narrow enough: {width} for documents of this sort"
    share = _percent(worst.value("sample_share"))
    return f"sampled {documents:,} of {of:,} documents ({share} of the bytes): {width}"


def size_of(document: Document) -> int:
    """Return the bytes of a document in UTF-8."""
    return len(document.text.encode("utf-8", "surrogatepass"))


def half_width(low: float, high: float, value: float) -> float:
    """Return half the width of an interval, as a share of the value inside."""
    return (high - low) / 2 / value


def _percent(share: Value | None) -> str:
    hundredths = float(share or 0.0) * 100
    return f"{hundredths:.2g} %" if hundredths < 10 else f"{hundredths:.0f} %"
