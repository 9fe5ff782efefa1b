"""Causal linear attention of the package flash-linear-attention (Yang and Zhang 2024), chunk by chunk."""

from __future__ import annotations

from fla.ops.linear_attn import chunk_linear_attn
from torch import Tensor, nn
from torch.nn.functional import elu

import assay


class ChunkedLinear(nn.Module):
    """The package's kernel on elu(x) + 1, divided by the sum of each row; heads come after positions."""

    def __init__(self, workload: assay.Workload, weights: assay.Weights | None) -> None:
        super().__init__()

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attend: q, k [batch, heads, length, d_qk] and v [.., d_v] to [batch, heads, length, d_v]."""
        q, k, v = elu(q).add(1).transpose(1, 2), elu(k).add(1).transpose(1, 2), v.transpose(1, 2)
        context: Tensor = chunk_linear_attn(q, k, v, scale=1.0, normalize=True)[0]
        return context.transpose(1, 2)
