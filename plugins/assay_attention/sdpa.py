"""PyTorch's scaled dot-product attention: the kernel is chosen by PyTorch from the inputs."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

import assay
from assay_attention.mask import visible
from assay_attention.position import turned
from assay_attention.projected import projected


def build(workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return the bare kernel at level `core`, and the kernel between projections at the others."""
    return projected(turned(ScaledDotProduct(workload), workload), workload, weights)


class ScaledDotProduct(nn.Module):
    """The kernel on (q, k, v).

    Its own causal mask is aligned at the top left, so that it serves equal lengths only; others have a mask.
    """

    mask: Tensor | None

    def __init__(self, workload: assay.Workload) -> None:
        super().__init__()
        semantics = workload.semantics
        square = workload.q_len == workload.kv_len
        self.causal = semantics.mask == "causal" and square
        self.dropout = semantics.dropout
        self.scale = 1.0 if semantics.scale_is_one else None
        self.grouped = workload.q_heads != workload.kv_heads
        self.register_buffer("mask", None if self.causal else visible(workload))

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attend: q [batch, q_heads, q_len, d] and k, v [batch, kv_heads, kv_len, d] to [.., q_len, d_v]."""
        return scaled_dot_product_attention(
            q,
            k,
            v,
            attn_mask=self.mask,
            dropout_p=self.dropout,
            is_causal=self.causal,
            scale=self.scale,
            enable_gqa=self.grouped,
        )
