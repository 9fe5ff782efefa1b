"""Announces the tutorial's implementations, each a step towards the next."""

from __future__ import annotations

import assay
from assay_attention import cost
from assay_attention.announcing import X_LEVELS, plugin

PLUGINS = (
    plugin(
        "weightless",
        "softmax(x xᵀ) x, without trainable weights",
        "weightless:build",
        assay.Supports(levels=("core",), kinds=("weightless",), masks=("none",), max_heads=1, dropout=False),
        peak_bytes=cost.weightless_bytes,
        flop=cost.square_flop,
    ),
    plugin(
        "self-attention",
        "one head with trainable query, key and value weights",
        "self_attention:SelfAttention",
        assay.Supports(levels=X_LEVELS, masks=("none",), max_heads=1, dropout=False),
    ),
    plugin(
        "causal",
        "one head that sees itself and the past, with dropout",
        "causal:CausalAttention",
        assay.Supports(levels=X_LEVELS, masks=("causal",), max_heads=1),
        empty_rows="nan",
    ),
    plugin(
        "multi-head-stack",
        "several heads as a stack of single causal heads",
        "multi_head_stack:MultiHeadStack",
        assay.Supports(levels=X_LEVELS, masks=("causal",), min_heads=2),
        empty_rows="nan",
    ),
    plugin(
        "multi-head-split",
        "several causal heads as one layer whose projections are split",
        "multi_head_split:MultiHeadSplit",
        assay.Supports(levels=X_LEVELS, masks=("causal",), min_heads=2),
        empty_rows="nan",
    ),
)
