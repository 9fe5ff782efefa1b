"""PyTorch's ready-made layer, torch.nn.MultiheadAttention."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import assay


def with_weights(workload: assay.Workload, weights: assay.Weights) -> assay.Step:
    """Return the layer that also gives, for each pair of positions, the mean of its heads' attention weights."""
    return TorchMultiHead(workload, weights, weighed=True)


class TorchMultiHead(nn.Module):
    """The layer with the host's weights, unless `weighed` without the attention's, so that it may use fast kernels."""

    mask: Tensor | None

    def __init__(self, workload: assay.Workload, weights: assay.Weights, weighed: bool = False) -> None:
        super().__init__()
        if weights.wo is None:
            raise ValueError("nn.MultiheadAttention always has an output projection")
        dtype, device = weights.wq.dtype, weights.wq.device
        self.layer = nn.MultiheadAttention(
            workload.d_model,
            workload.q_heads,
            dropout=workload.semantics.dropout,
            bias=False,
            batch_first=True,
            dtype=dtype,
            device=device,
        )
        with torch.no_grad():
            # The layer computes x @ Wᵀ where the host gives x @ W.
            self.layer.in_proj_weight.copy_(torch.cat([weights.wq, weights.wk, weights.wv], dim=1).T)
            self.layer.out_proj.weight.copy_(weights.wo.T)
        self.weighed = weighed
        self.causal = workload.semantics.mask == "causal"
        length = workload.q_len
        future = torch.ones(length, length, dtype=torch.bool, device=device).triu(diagonal=1)
        self.register_buffer("mask", future if self.causal else None)
        self.train(workload.semantics.dropout > 0)  # the fast kernels are for evaluation only

    def forward(self, x: Tensor) -> Tensor:
        """Attend: [batch, length, d_model] to the same shape."""
        context, _ = self.layer(x, x, x, attn_mask=self.mask, is_causal=self.causal, need_weights=self.weighed)
        return context  # type: ignore[no-any-return]
