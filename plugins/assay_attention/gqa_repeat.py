"""Grouped-query attention by repetition: each key head is copied for every query head of its group."""

from __future__ import annotations

from torch import Tensor, nn

import assay
from assay_attention.sdpa import ScaledDotProduct


class Repeated(nn.Module):
    """The kernel of equal heads on repeated keys and values."""

    def __init__(self, workload: assay.Workload, weights: assay.Weights | None) -> None:
        super().__init__()
        self.group = workload.q_heads // workload.kv_heads
        self.core = ScaledDotProduct(workload)
        self.core.grouped = False

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attend: q [batch, q_heads, q_len, d] and k, v [batch, kv_heads, kv_len, d] to [.., q_len, d_v]."""
        context: Tensor = self.core(q, *(x.repeat_interleave(self.group, dim=1) for x in (k, v)))
        return context
