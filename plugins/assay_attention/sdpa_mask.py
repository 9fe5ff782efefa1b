"""PyTorch's scaled dot-product attention with a mask: the kernel looks at every pair."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

import assay
from assay_attention.mask import valid, visible
from assay_attention.position import alibi, turned
from assay_attention.projected import projected


def build(workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return the bare kernel at level `core`, and the kernel between projections at the others."""
    return projected(turned(Masked(workload), workload), workload, weights)


class Masked(nn.Module):
    """The kernel with booleans, or with numbers to add where there are biases; made once, but for padding."""

    mask: Tensor | None

    def __init__(self, workload: assay.Workload) -> None:
        super().__init__()
        mask = visible(workload)
        if workload.semantics.bias == "alibi":
            bias = alibi(workload)
            mask = bias if mask is None else bias.masked_fill(~mask, -torch.inf)
        self.grouped = workload.q_heads != workload.kv_heads
        self.register_buffer("mask", mask)

    def forward(self, q: Tensor, k: Tensor, v: Tensor, *lengths: Tensor) -> Tensor:
        """Attend: q [batch, q_heads, q_len, d] and k, v [batch, kv_heads, kv_len, d] to [.., q_len, d_v]."""
        mask = self.mask
        if lengths:
            seen = valid(lengths[0], k.shape[-2])
            mask = seen if mask is None else mask.masked_fill(~seen, -torch.inf)
        return scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=self.grouped)
