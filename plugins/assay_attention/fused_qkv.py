"""One product for queries, keys and values, from weights laid side by side when the layer is built."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import assay
from assay_attention.position import turned
from assay_attention.projected import heads
from assay_attention.sdpa import ScaledDotProduct


class FusedQKV(nn.Module):
    """The kernel that PyTorch chooses, after one projection instead of three."""

    def __init__(self, workload: assay.Workload, weights: assay.Weights) -> None:
        super().__init__()
        self.widths = [w.shape[-1] for w in (weights.wq, weights.wk, weights.wv)]
        self.numbers = (workload.q_heads, workload.kv_heads, workload.kv_heads)
        self.wqkv = nn.Parameter(torch.cat([weights.wq, weights.wk, weights.wv], dim=-1))
        self.wo = None if weights.wo is None else nn.Parameter(weights.wo)
        self.core = turned(ScaledDotProduct(workload), workload)

    def forward(self, x: Tensor) -> Tensor:
        """Attend: [batch, length, d_model] to [batch, length, heads * d_v], or d_model with Wo."""
        parts = (x @ self.wqkv).split(self.widths, dim=-1)
        queries, keys, values = (heads(part, number) for part, number in zip(parts, self.numbers, strict=True))
        context = self.core(queries, keys, values).transpose(1, 2).flatten(-2)
        return context if self.wo is None else context @ self.wo
