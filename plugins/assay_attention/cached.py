"""A cache of keys and values for decoding: what the past was projected to is kept, only what is new is projected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from torch import Tensor, nn

import assay
from assay_attention.naive import Naive
from assay_attention.position import Rope
from assay_attention.projected import heads
from assay_attention.sdpa import ScaledDotProduct


def kernel(workload: assay.Workload, weights: assay.Weights) -> assay.Step:
    """Return a step with an empty cache, read by the kernel that PyTorch chooses."""
    return Cached(ScaledDotProduct, workload, weights)


def naive(workload: assay.Workload, weights: assay.Weights) -> assay.Step:
    """Return a step with an empty cache, read by attention as it is written down."""
    return Cached(Naive, workload, weights)


class Cached(nn.Module):
    """Projections around a core whose keys and values lie in a cache of their full length.

    The places of the new positions are written anew in each call: a call does not move on. With a window the core
    is given the end of the cache that its queries can see.
    """

    def __init__(
        self, make_core: Callable[[assay.Workload], assay.Step], workload: assay.Workload, weights: assay.Weights
    ) -> None:
        super().__init__()
        self.wq, self.wk, self.wv = (nn.Parameter(w) for w in (weights.wq, weights.wk, weights.wv))
        self.wo = None if weights.wo is None else nn.Parameter(weights.wo)
        self.q_heads, self.kv_heads = workload.q_heads, workload.kv_heads
        self.past = workload.kv_len - workload.q_len
        self.rope = Rope(workload) if workload.semantics.bias == "rope" else None
        semantics, span = workload.semantics, workload.kv_len
        if semantics.mask == "window":
            span = min(span, semantics.reach + workload.q_len - 1)
        self.unseen = workload.kv_len - span
        self.core = make_core(replace(workload, level="core", kv_len=span, semantics=replace(semantics, bias="none")))
        shape = (workload.batch, workload.kv_heads, workload.kv_len)
        self.keys = weights.wk.new_zeros(*shape, workload.d_qk)
        self.values = weights.wv.new_zeros(*shape, workload.d_v)

    def prefill(self, past: Tensor) -> None:
        """Project the positions before, [batch, kv_len - q_len, d_model], into the cache."""
        self._write(past, 0)

    def forward(self, x: Tensor) -> Tensor:
        """Attend: [batch, q_len, d_model], the last positions, to the same shape."""
        self._write(x, self.past)
        queries = heads(x @ self.wq, self.q_heads)
        if self.rope is not None:
            queries = self.rope(queries, self.past)
        context = self.core(queries, self.keys[:, :, self.unseen :], self.values[:, :, self.unseen :])
        context = context.transpose(1, 2).flatten(-2)
        return context if self.wo is None else context @ self.wo

    def _write(self, x: Tensor, start: int) -> None:
        keys, values = heads(x @ self.wk, self.kv_heads), heads(x @ self.wv, self.kv_heads)
        if self.rope is not None:
            keys = self.rope(keys, start)
        self.keys[:, :, start : start + x.shape[1]] = keys
        self.values[:, :, start : start + x.shape[1]] = values
