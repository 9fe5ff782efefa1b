"""Several heads as one layer: project once, then split the width into heads that run in parallel."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import assay


class MultiHeadSplit(nn.Module):
    """One projection for all heads, and a reshape where the stack has a loop."""

    mask: Tensor

    def __init__(self, workload: assay.Workload, weights: assay.Weights) -> None:
        super().__init__()
        self.wq, self.wk, self.wv = (nn.Parameter(w) for w in (weights.wq, weights.wk, weights.wv))
        self.wo = None if weights.wo is None else nn.Parameter(weights.wo)
        self.dropout = nn.Dropout(workload.semantics.dropout)
        self.heads = workload.q_heads
        self.scale = workload.d_qk**-0.5
        length = workload.q_len
        future = torch.ones(length, length, dtype=torch.bool, device=weights.wq.device).triu(diagonal=1)
        self.register_buffer("mask", future)

    def forward(self, x: Tensor) -> Tensor:
        """Attend: [batch, length, d_model] to [batch, length, heads * d_v], or d_model with Wo."""
        queries, keys, values = (
            (x @ w).unflatten(-1, (self.heads, -1)).transpose(1, 2) for w in (self.wq, self.wk, self.wv)
        )
        scores = queries @ keys.transpose(-2, -1) * self.scale
        weights = torch.softmax(scores.masked_fill(self.mask, -torch.inf), dim=-1)
        context: Tensor = (self.dropout(weights) @ values).transpose(1, 2).flatten(-2)
        return context if self.wo is None else context @ self.wo
