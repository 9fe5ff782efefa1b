"""Attention as it is written down, compiled: PyTorch is left to find out what to fuse."""

from __future__ import annotations

import assay
from assay_attention import naive
from assay_attention.compiled import compile_step


def build(workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return the naive step, compiled when it is first called."""
    return compile_step(naive.build(workload, weights))
