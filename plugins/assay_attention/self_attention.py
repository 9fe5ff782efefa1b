"""One attention head with trainable query, key and value projections."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import assay


class SelfAttention(nn.Module):
    """softmax(q kᵀ / sqrt(d)) v with q, k, v = x Wq, x Wk, x Wv."""

    def __init__(self, workload: assay.Workload, weights: assay.Weights) -> None:
        super().__init__()
        self.wq, self.wk, self.wv = (nn.Parameter(w) for w in (weights.wq, weights.wk, weights.wv))
        self.wo = None if weights.wo is None else nn.Parameter(weights.wo)
        self.scale = workload.d_qk**-0.5

    def forward(self, x: Tensor) -> Tensor:
        """Attend: [batch, length, d_model] to [batch, length, d_v], or d_model with Wo."""
        queries, keys, values = x @ self.wq, x @ self.wk, x @ self.wv
        scores = queries @ keys.transpose(-2, -1) * self.scale
        context = torch.softmax(scores, dim=-1) @ values
        return context if self.wo is None else context @ self.wo
