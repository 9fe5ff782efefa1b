"""Attention of the package xformers (Lefaudeux et al. 2022)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from xformers.ops import memory_efficient_attention
from xformers.ops.fmha.attn_bias import AttentionBias, LowerTriangularFromBottomRightMask

import assay
from assay_attention.dtype import like


def build(workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return the step; raise `assay.Unavailable` where the package has no kernel for the plainest of calls.

    It is built for one version of torch and of CUDA, and imports under others too.
    """
    probe = like(workload).new_zeros(1, 8, 1, workload.d_qk)
    try:
        memory_efficient_attention(probe, probe, probe)
    except NotImplementedError:
        made_for = "install the xformers made for this torch; `python -m xformers.info` tells which it has"
        raise assay.Unavailable(f"xformers has no kernel for torch {torch.__version__} here", remedy=made_for) from None
    return MemoryEfficient(workload, weights)


class MemoryEfficient(nn.Module):
    """The package's choice among its kernels, which wants heads after positions."""

    def __init__(self, workload: assay.Workload, weights: assay.Weights | None) -> None:
        super().__init__()
        self.dropout = workload.semantics.dropout
        self.bias = _bias(workload.semantics)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attend: q [batch, heads, q_len, d] and k, v [batch, heads, kv_len, d] to the shape of q."""
        q, k, v = (x.transpose(1, 2) for x in (q, k, v))
        context: Tensor = memory_efficient_attention(q, k, v, attn_bias=self.bias, p=self.dropout)
        return context.transpose(1, 2)


def _bias(semantics: assay.Semantics) -> AttentionBias | None:
    if semantics.mask == "none":
        return None
    causal = LowerTriangularFromBottomRightMask()
    return causal.make_local_attention(semantics.reach) if semantics.mask == "window" else causal
