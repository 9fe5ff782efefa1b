"""Decoding from a cache of keys and values by the kernel that PyTorch chooses."""

from __future__ import annotations

import assay
from assay_attention.cached import Cached
from assay_attention.sdpa import ScaledDotProduct


def build(workload: assay.Workload, weights: assay.Weights) -> assay.Step:
    """Return a step with an empty cache."""
    return Cached(ScaledDotProduct, workload, weights)
