"""Attention in plain torch: keys come in blocks, and no matrix of all pairs is ever made."""

from __future__ import annotations

import assay

assay_hooks = 1
BLOCK = 64


def build(workload, weights):
    import torch

    causal = workload.semantics.mask == "causal"

    def step(q, k, v):
        total, weight, peak = 0.0, 0.0, torch.full((*q.shape[:-1], 1), -torch.inf, dtype=q.dtype, device=q.device)
        rows = torch.arange(q.shape[-2], device=q.device)[:, None]
        for start in range(0, k.shape[-2], BLOCK):
            keys, values = k[..., start : start + BLOCK, :], v[..., start : start + BLOCK, :]
            scores = q @ keys.transpose(-2, -1) * workload.d_qk**-0.5
            if causal:
                columns = start + torch.arange(keys.shape[-2], device=q.device)
                scores = scores.masked_fill(columns > rows, -torch.inf)
            new = torch.maximum(peak, scores.amax(-1, keepdim=True))
            parts, shrunk = torch.exp(scores - new), torch.exp(peak - new)
            total, weight, peak = total * shrunk + parts @ values, weight * shrunk + parts.sum(-1, keepdim=True), new
        return total / weight

    return step


@assay.hookimpl
def assay_attentions():
    yield assay.AttentionPlugin(
        name="stream",
        summary="softmax kept over blocks of 64 keys",
        license="Apache-2.0",
        requires=("torch>=2.6",),
        build=build,
        unsupported=assay.Supports(levels=("core",), dtypes=("f32",), uneven=True),
    )
