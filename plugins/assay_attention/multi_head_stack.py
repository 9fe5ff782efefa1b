"""Several heads as a stack of single heads, run one after the other and concatenated."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import assay
from assay_attention.causal import CausalHead


class MultiHeadStack(nn.Module):
    """Each head owns its columns of the projections; their contexts are laid side by side."""

    def __init__(self, workload: assay.Workload, weights: assay.Weights) -> None:
        super().__init__()
        columns = [
            w.split(width, dim=-1)
            for w, width in (
                (weights.wq, workload.d_qk),
                (weights.wk, workload.d_qk),
                (weights.wv, workload.d_v),
            )
        ]
        self.heads = nn.ModuleList(
            CausalHead(workload.q_len, wq.contiguous(), wk.contiguous(), wv.contiguous(), workload.semantics.dropout)
            for wq, wk, wv in zip(*columns, strict=True)
        )
        self.wo = None if weights.wo is None else nn.Parameter(weights.wo)

    def forward(self, x: Tensor) -> Tensor:
        """Attend: [batch, length, d_model] to [batch, length, heads * d_v], or d_model with Wo."""
        context = torch.cat([head(x) for head in self.heads], dim=-1)
        return context if self.wo is None else context @ self.wo
