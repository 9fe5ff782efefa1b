"""Decoding without a cache: the keys and values of all positions are projected again for every call."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

import assay
from assay_attention.position import turned
from assay_attention.projected import heads
from assay_attention.sdpa import ScaledDotProduct


class NoCache(nn.Module):
    """Remembers the x of the past and nothing made from it."""

    def __init__(self, workload: assay.Workload, weights: assay.Weights) -> None:
        super().__init__()
        self.wq, self.wk, self.wv = (nn.Parameter(w) for w in (weights.wq, weights.wk, weights.wv))
        self.wo = None if weights.wo is None else nn.Parameter(weights.wo)
        self.q_heads, self.kv_heads = workload.q_heads, workload.kv_heads
        core = replace(workload, level="core")
        self.core = turned(ScaledDotProduct(core), core)
        self.past = weights.wq.new_zeros(workload.batch, workload.kv_len - workload.q_len, workload.d_model)

    def prefill(self, past: Tensor) -> None:
        """Remember the positions before, [batch, kv_len - q_len, d_model]."""
        self.past = past.clone()

    def forward(self, x: Tensor) -> Tensor:
        """Attend: [batch, q_len, d_model], the last positions, to the same shape."""
        everything = torch.cat([self.past, x], dim=1)
        keys, values = heads(everything @ self.wk, self.kv_heads), heads(everything @ self.wv, self.kv_heads)
        context = self.core(heads(x @ self.wq, self.q_heads), keys, values).transpose(1, 2).flatten(-2)
        return context if self.wo is None else context @ self.wo
