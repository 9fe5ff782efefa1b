"""Dao's FlashAttention, from the package flash-attn (Dao 2023)."""

from __future__ import annotations

from flash_attn import flash_attn_func
from torch import Tensor, nn

import assay
from assay_attention.position import slopes


class FlashAttention(nn.Module):
    """The package's kernel, which wants heads after positions and aligns its masks at the bottom right."""

    slopes: Tensor | None

    def __init__(self, workload: assay.Workload, weights: assay.Weights | None) -> None:
        super().__init__()
        semantics = workload.semantics
        self.dropout = semantics.dropout
        self.causal = semantics.mask != "none"
        self.window = (semantics.reach - 1, 0) if semantics.mask == "window" else (-1, -1)
        self.register_buffer("slopes", slopes(workload).float() if semantics.bias == "alibi" else None)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attend: q [batch, q_heads, q_len, d] and k, v [batch, kv_heads, kv_len, d] to the shape of q."""
        q, k, v = (x.transpose(1, 2) for x in (q, k, v))
        context: Tensor = flash_attn_func(
            q,
            k,
            v,
            dropout_p=self.dropout,
            causal=self.causal,
            window_size=self.window,
            alibi_slopes=self.slopes,
        )
        return context.transpose(1, 2)
