"""The figures of a row from the counts of all shards."""

from __future__ import annotations

import math
from collections.abc import Iterator

from assay.corpus.sampling import half_width
from assay.execute.sharded.partial_counts import MergeableCounts, quantile
from assay.plugins.types import TokenizerPlugin
from assay.records.results import Metric, Value
from assay.stats.bootstrap import FEWEST, ratio_interval
from assay.tokenizer.metrics import Total, intervals, sums, vocabulary_figures

QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))


def figures(plugin: TokenizerPlugin, part: MergeableCounts, *, sampled: bool) -> tuple[Metric, ...]:
    """Return the exact figures of a tokenizer: those of any corpus, and those that only shards have."""
    return tuple(Metric(name=name, value=value) for name, value in _figures(plugin, part, sampled=sampled))


def width(part: MergeableCounts) -> float:
    """How far the bytes per token may be from those of all documents, as a share; infinite where nothing tells."""
    total = part.total
    if total.documents < FEWEST or total.size**2 < FEWEST * part.squares:
        return math.inf
    strata = _strata(part)
    found = ratio_interval([each.size for each in strata], [each.tokens for each in strata])
    return math.inf if found is None else half_width(found.low, found.high, total.size / total.tokens)


def _figures(plugin: TokenizerPlugin, part: MergeableCounts, *, sampled: bool) -> Iterator[tuple[str, Value]]:
    total = part.total
    yield from vocabulary_figures(part.vocabulary, part.used).items()
    yield from sums(total).items()
    found = _intervals(part)
    yield from found.items()
    yield "ids_sum", part.ids_sum
    if sampled:
        yield "sample_documents", total.documents
        yield "corpus_documents", part.seen
        yield "sample_share", total.size / part.seen_size if part.seen_size else 1.0
        if "bytes_per_token_low" in found:
            low, high = float(found["bytes_per_token_low"]), float(found["bytes_per_token_high"])
            yield "sample_width", half_width(low, high, total.size / total.tokens)
    if total.documents:
        yield "round_trip", (total.documents - part.changed) / total.documents
    if part.first is not None:
        yield "round_trip_difference", f"in {part.first.shard} {part.first.what}"
    yield "special_tokens", plugin.specials.label
    if plugin.family is not None:
        yield "family", plugin.family
    yield from ((f"document_tokens_{name}", quantile(part.lengths, share)) for name, share in QUANTILES)
    yield "replaced_bytes", part.bad
    yield "documents_not_cut", part.whole


def _intervals(part: MergeableCounts) -> dict[str, Value]:
    """Of fewer than twenty documents there are none."""
    total = part.total
    return intervals(_strata(part), total) if total.documents >= FEWEST else {}


def _strata(part: MergeableCounts) -> list[Total]:
    """In one order, whatever the order in which parts were added."""
    return [part.strata[number] for number in sorted(part.strata)]
