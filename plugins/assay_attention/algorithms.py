"""Announces attention written in plain torch operations, one algorithm each."""

from __future__ import annotations

from dataclasses import replace

import assay
from assay_attention import cost
from assay_attention.announcing import CORE, plugin

NAIVE = replace(CORE, masks=("none", "causal", "window", "prefix", "padding"), biases=("none", "alibi", "rope"))
LINEAR = replace(CORE, kinds=("linear",))


def grouped(workload: assay.Workload) -> str | None:
    """Limits of those that have something to do with groups only."""
    if workload.q_heads == workload.kv_heads:
        return "only fewer key heads than query heads are offered"
    return CORE(workload)


def linear(workload: assay.Workload) -> str | None:
    """Limits of linear attention: its causal state begins at the first query."""
    if workload.semantics.mask == "causal" and workload.q_len > workload.kv_len:
        return "more queries than keys are not offered with a causal mask"
    return LINEAR(workload)


PLUGINS = (
    plugin(
        "naive",
        "softmax(q kᵀ) v with every score held in memory",
        "naive:build",
        NAIVE,
        peak_bytes=cost.naive_bytes,
        flop=cost.square_flop,
        empty_rows="nan",
    ),
    plugin(
        "row-block",
        "blocks of queries, each against only the keys that it can see",
        "row_block:RowBlock",
        replace(CORE, masks=("none", "causal", "window", "prefix")),
        peak_bytes=cost.row_block_bytes,
        flop=cost.row_block_flop,
    ),
    plugin(
        "local",
        "a sliding window by blocks of queries and overlapping spans of keys",
        "local:Local",
        replace(CORE, masks=("window",), grouped=False),
        peak_bytes=cost.local_bytes,
        flop=cost.local_flop,
    ),
    plugin(
        "linear",
        "a running state instead of scores, causal by chunks",
        "linear:Linear",
        linear,
        peak_bytes=cost.linear_bytes,
        flop=cost.linear_flop,
    ),
    plugin(
        "gqa-repeat",
        "grouped heads by copies of each key head, then PyTorch's kernel",
        "grouped_queries:Repeated",
        grouped,
        peak_bytes=cost.repeat_bytes,
    ),
    plugin(
        "gqa-fold",
        "grouped heads as one longer head for each key head, then PyTorch's kernel",
        "grouped_queries:Folded",
        grouped,
        peak_bytes=cost.fold_bytes,
    ),
)
