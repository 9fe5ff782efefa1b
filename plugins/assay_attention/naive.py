"""Attention as it is written down: every score of a head is held in memory at once."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import assay
from assay_attention.mask import valid, visible
from assay_attention.position import alibi, turned


def build(workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return the core, with queries and keys turned before it where the workload says so."""
    return turned(Naive(workload), workload)


class Naive(nn.Module):
    """softmax(q kᵀ / sqrt(d) + bias) v; keys and values of a group are repeated for each of its queries."""

    hidden: Tensor | None
    bias: Tensor | None

    def __init__(self, workload: assay.Workload) -> None:
        super().__init__()
        self.group = workload.q_heads // workload.kv_heads
        self.scale = workload.d_qk**-0.5
        seen = visible(workload)
        self.register_buffer("hidden", None if seen is None else ~seen)
        self.register_buffer("bias", alibi(workload) if workload.semantics.bias == "alibi" else None)

    def forward(self, q: Tensor, k: Tensor, v: Tensor, *lengths: Tensor) -> Tensor:
        """Attend: q [batch, q_heads, q_len, d] and k, v [batch, kv_heads, kv_len, d] to [.., q_len, d_v]."""
        if self.group > 1:
            k, v = k.repeat_interleave(self.group, dim=1), v.repeat_interleave(self.group, dim=1)
        scores = q @ k.mT * self.scale
        if self.bias is not None:
            scores = scores + self.bias
        hidden = ~valid(lengths[0], k.shape[-2]) if lengths else self.hidden
        if hidden is not None:
            scores = scores.masked_fill(hidden, -torch.inf)
        scores = torch.softmax(scores, dim=-1)
        return scores @ v
