"""One attention head that sees only itself and the past, with dropout on its weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import assay


class CausalHead(nn.Module):
    """A causal head over its own projections; the mask is made once, when the head is built."""

    mask: Tensor

    def __init__(self, length: int, wq: Tensor, wk: Tensor, wv: Tensor, dropout: float) -> None:
        super().__init__()
        self.wq, self.wk, self.wv = nn.Parameter(wq), nn.Parameter(wk), nn.Parameter(wv)
        self.dropout = nn.Dropout(dropout)
        self.scale = wq.shape[-1] ** -0.5
        future = torch.ones(length, length, dtype=torch.bool, device=wq.device).triu(diagonal=1)
        self.register_buffer("mask", future)

    def forward(self, x: Tensor) -> Tensor:
        """Attend: [batch, length, d_model] to [batch, length, d_v]."""
        queries, keys, values = x @ self.wq, x @ self.wk, x @ self.wv
        scores = queries @ keys.transpose(-2, -1) * self.scale
        weights = torch.softmax(scores.masked_fill(self.mask, -torch.inf), dim=-1)
        context: Tensor = self.dropout(weights) @ values
        return context


class CausalAttention(nn.Module):
    """One causal head, and the output projection where the workload has one."""

    def __init__(self, workload: assay.Workload, weights: assay.Weights) -> None:
        super().__init__()
        dropout = workload.semantics.dropout
        self.head = CausalHead(workload.q_len, weights.wq, weights.wk, weights.wv, dropout)
        self.wo = None if weights.wo is None else nn.Parameter(weights.wo)

    def forward(self, x: Tensor) -> Tensor:
        """Attend: [batch, length, d_model] to [batch, length, d_v], or d_model with Wo."""
        context: Tensor = self.head(x)
        return context if self.wo is None else context @ self.wo
