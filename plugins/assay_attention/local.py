"""Sliding-window attention by blocks: each block of queries meets its own keys and those just before, all at once."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention

import assay
from assay_attention.blocking import local_shape
from assay_attention.mask import sees


class Local(nn.Module):
    """The kernel that PyTorch chooses, on blocks of queries and overlapping spans of keys; time is linear in length."""

    mask: Tensor

    def __init__(self, workload: assay.Workload, weights: assay.Weights | None) -> None:
        super().__init__()
        shape = local_shape(workload)
        self.block, self.span, self.number = shape.block, shape.span, shape.number
        covered = self.number * self.block
        # Blocks are cut from the last position back; what is missing at the front is padded, what is too much cut.
        self.queries_before = covered - workload.q_len
        self.keys_before = covered + self.span - self.block - workload.kv_len
        first = workload.kv_len - covered
        own = torch.arange(first, workload.kv_len, device=workload.device).view(self.number, self.block, 1)
        keys = own[:, :1] + torch.arange(self.block - self.span, self.block, device=workload.device)
        seen = sees(workload.semantics, own, keys) & (keys >= 0)
        # A padded query sees whatever there is: one that saw nothing would have no gradient.
        self.register_buffer("mask", seen | (own < workload.kv_len - workload.q_len))

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attend: q, k and v [batch, heads, length, d] to [batch, heads, q_len, d_v]."""
        queries = pad(q, (0, 0, self.queries_before, 0)).unflatten(2, (self.number, self.block))
        keys, values = (pad(x, (0, 0, self.keys_before, 0)).unfold(2, self.span, self.block).mT for x in (k, v))
        # To the kernel a head is an item of a batch, and a block a head: [batch * heads, number, block or span, d].
        q, k, v = (x.flatten(0, 1) for x in (queries, keys, values))
        context = scaled_dot_product_attention(q, k, v, attn_mask=self.mask[None])
        joined: Tensor = context.unflatten(0, queries.shape[:2]).flatten(2, 3)
        return joined[:, :, self.queries_before :].contiguous()
