"""Announces steps of level `decode`, which have been told the past."""

from __future__ import annotations

import assay
from assay_attention.announcing import plugin

LIMITS = assay.Supports(
    levels=("decode",), masks=("none", "causal", "window"), biases=("none", "rope"), dropout=False, grouped=True
)

PLUGINS = (
    plugin("kv-cache", "a cache of keys and values, read by PyTorch's kernel", "cached:kernel", LIMITS),
    plugin("kv-cache-naive", "a cache of keys and values, read by plain matrix products", "cached:naive", LIMITS),
    plugin("no-cache", "keys and values of all positions projected anew", "no_cache:NoCache", LIMITS),
)
