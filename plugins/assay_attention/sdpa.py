"""PyTorch's scaled dot-product attention: the kernel is chosen by PyTorch from the inputs."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

import assay


def build(workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return the bare kernel at level `core`, and the kernel between projections at the others."""
    core = ScaledDotProduct(workload)
    return core if weights is None else Projected(core, workload, weights)


class ScaledDotProduct(nn.Module):
    """The kernel on (q, k, v)."""

    def __init__(self, workload: assay.Workload) -> None:
        super().__init__()
        semantics = workload.semantics
        self.dropout = semantics.dropout
        self.causal = semantics.mask == "causal"
        self.scale = 1.0 if semantics.scale_is_one else None

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attend: [batch, heads, length, d] each, to [batch, heads, length, d_v]."""
        return scaled_dot_product_attention(q, k, v, dropout_p=self.dropout, is_causal=self.causal, scale=self.scale)


class Projected(nn.Module):
    """The kernel between the host's projections."""

    def __init__(self, core: ScaledDotProduct, workload: assay.Workload, weights: assay.Weights) -> None:
        super().__init__()
        self.core = core
        self.wq, self.wk, self.wv = (nn.Parameter(w) for w in (weights.wq, weights.wk, weights.wv))
        self.wo = None if weights.wo is None else nn.Parameter(weights.wo)
        self.heads = workload.q_heads

    def forward(self, x: Tensor) -> Tensor:
        """Attend: [batch, length, d_model] to [batch, length, heads * d_v], or d_model with Wo."""
        queries, keys, values = (
            (x @ w).unflatten(-1, (self.heads, -1)).transpose(1, 2) for w in (self.wq, self.wk, self.wv)
        )
        context: Tensor = self.core(queries, keys, values).transpose(1, 2).flatten(-2)
        return context if self.wo is None else context @ self.wo
