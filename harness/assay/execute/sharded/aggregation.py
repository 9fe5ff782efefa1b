"""The figures of a row from the counts of all shards."""

from __future__ import annotations

import math

from assay.corpus.sampling import half_width, sample_width
from assay.execute.sharded.partial_counts import MergeableCounts, quantile
from assay.plugins.types import TokenizerPlugin
from assay.records.results import Metrics
from assay.stats.bootstrap import FEWEST, ratio_interval
from assay.tokenizer.metrics import Total, intervals, sums, vocabulary_figures
from assay.tokenizer.text_loss import Returned, loss_figures

QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))


def figures(plugin: TokenizerPlugin, part: MergeableCounts, *, sampled: bool) -> Metrics:
    """Return the exact figures of a tokenizer: those of any corpus, and those that only shards have."""
    total = part.total
    counts = sums(total) | _intervals(part)
    return (
        vocabulary_figures(part.vocabulary, part.used)
        | counts
        | {"ids_sum": part.ids_sum}
        | (_sampled(part, counts) if sampled else {})
        | {
            "round_trip": (total.documents - part.changed) / total.documents if total.documents else None,
            "round_trip_difference": None if part.first is None else f"in {part.first.shard} {part.first.what}",
            **loss_figures(
                Returned(back=part.returned, of=part.returnable),
                Returned(back=part.returned_normalized, of=part.returnable_normalized),
                plugin.normalization,
            ),
            "special_tokens": plugin.specials.label,
            "family": plugin.family,
            "pretrained_on": plugin.trained_on or None,
        }
        | {f"document_tokens_{name}": quantile(part.lengths, share) for name, share in QUANTILES}
        | {"replaced_bytes": part.bad, "documents_not_cut": part.whole}
    )


def width(part: MergeableCounts) -> float:
    """How far the bytes per token may be from those of all documents, as a share; infinite where nothing tells."""
    total = part.total
    if total.documents < FEWEST or total.size**2 < FEWEST * part.squares:
        return math.inf
    strata = _strata(part)
    found = ratio_interval([each.size for each in strata], [each.tokens for each in strata])
    return math.inf if found is None else half_width(found.low, found.high, total.size / total.tokens)


def _sampled(part: MergeableCounts, counts: Metrics) -> Metrics:
    total = part.total
    return Metrics(
        sample_documents=total.documents,
        corpus_documents=part.seen,
        sample_share=total.size / part.seen_size if part.seen_size else 1.0,
        sample_width=sample_width(counts),
    )


def _intervals(part: MergeableCounts) -> Metrics:
    """Of fewer than twenty documents there are none."""
    total = part.total
    return intervals(_strata(part), total) if total.documents >= FEWEST else Metrics()


def _strata(part: MergeableCounts) -> list[Total]:
    """In one order, whatever the order in which parts were added."""
    return [part.strata[number] for number in sorted(part.strata)]
