"""An attention of (q, k, v) between the host's projections."""

from __future__ import annotations

from torch import Tensor, nn

import assay


class Projected(nn.Module):
    """Three projections whose widths are split into heads, a core, and the output projection where there is one."""

    def __init__(self, core: assay.Step, workload: assay.Workload, weights: assay.Weights) -> None:
        super().__init__()
        self.core = core
        self.wq, self.wk, self.wv = (nn.Parameter(w) for w in (weights.wq, weights.wk, weights.wv))
        self.wo = None if weights.wo is None else nn.Parameter(weights.wo)
        self.q_heads, self.kv_heads = workload.q_heads, workload.kv_heads

    def forward(self, x: Tensor, *lengths: Tensor) -> Tensor:
        """Attend: [batch, length, d_model] to [batch, length, heads * d_v], or d_model with Wo."""
        queries, keys, values = (
            heads(x @ w, number)
            for w, number in ((self.wq, self.q_heads), (self.wk, self.kv_heads), (self.wv, self.kv_heads))
        )
        context: Tensor = self.core(queries, keys, values, *lengths).transpose(1, 2).flatten(-2)
        return context if self.wo is None else context @ self.wo


def heads(x: Tensor, number: int) -> Tensor:
    """Split a width into heads: [batch, length, number * d] to a view [batch, number, length, d]."""
    split: Tensor = x.unflatten(-1, (number, -1))
    return split.transpose(1, 2)


def projected(core: assay.Step, workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return the bare core at level `core`, and the core between projections at the others."""
    return core if weights is None else Projected(core, workload, weights)
