"""Grouped-query attention: by copies of each key head, or by folding the query heads of a group into a longer one."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

import assay
from assay_attention.mask import visible
from assay_attention.sdpa import ScaledDotProduct


class Repeated(nn.Module):
    """The kernel of equal heads, each key head copied for every query head of its group."""

    def __init__(self, workload: assay.Workload, weights: assay.Weights | None) -> None:
        super().__init__()
        self.group = workload.q_heads // workload.kv_heads
        self.core = ScaledDotProduct(workload)
        self.core.grouped = False

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attend: q [batch, q_heads, q_len, d] and k, v [batch, kv_heads, kv_len, d] to [.., q_len, d_v]."""
        context: Tensor = self.core(q, *(x.repeat_interleave(self.group, dim=1) for x in (k, v)))
        return context


class Folded(nn.Module):
    """The kernel on [batch, kv_heads, group * q_len, d], with the mask once for each query head of a group."""

    mask: Tensor | None

    def __init__(self, workload: assay.Workload, weights: assay.Weights | None) -> None:
        super().__init__()
        self.kv_heads = workload.kv_heads
        self.group = workload.q_heads // workload.kv_heads
        mask = visible(workload)
        self.register_buffer("mask", None if mask is None else mask.tile(1, 1, self.group, 1))

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attend: q [batch, q_heads, q_len, d] and k, v [batch, kv_heads, kv_len, d] to [.., q_len, d_v]."""
        folded: Tensor = q.unflatten(1, (self.kv_heads, self.group)).flatten(2, 3)
        context: Tensor = scaled_dot_product_attention(folded, k, v, attn_mask=self.mask)
        split: Tensor = context.unflatten(2, (self.group, -1))
        return split.flatten(1, 2)
