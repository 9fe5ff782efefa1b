"""Linear attention: keys and values are summed into a state of d_qk x d_v numbers that queries read.

Katharopoulos et al. 2020, Transformers are RNNs, equations 4 to 9; causal by chunks, as Hua et al. 2022 do it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import elu, pad

import assay
from assay_attention.blocking import CHUNK


class Linear(nn.Module):
    """φ(q) (φ(k)ᵀ v), with φ(x) = elu(x) + 1; the sum that it is divided by is a last column of ones in v.

    Sums are held in float32, whatever the inputs are.
    """

    future: Tensor

    def __init__(self, workload: assay.Workload, weights: assay.Weights | None) -> None:
        super().__init__()
        self.kv_heads = workload.kv_heads
        self.causal = workload.semantics.mask == "causal"
        self.before = workload.kv_len - workload.q_len
        self.chunks = -(-workload.q_len // CHUNK)
        self.missing = self.chunks * CHUNK - workload.q_len
        future = torch.ones(CHUNK, CHUNK, dtype=torch.bool, device=workload.device).triu(diagonal=1)
        self.register_buffer("future", future)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attend: q [batch, q_heads, q_len, d] and k, v [batch, kv_heads, kv_len, d] to [.., q_len, d_v]."""
        queries = positive(q).unflatten(1, (self.kv_heads, -1))
        keys, values = positive(k), pad(v.float(), (0, 1), value=1.0)
        sums = self._causal(queries, keys, values) if self.causal else self._full(queries, keys, values)
        return (sums[..., :-1] / sums[..., -1:]).flatten(1, 2).to(q.dtype)

    def _full(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        return queries @ (keys.mT @ values).unsqueeze(2)

    def _causal(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Read the state of all chunks before, and the pairs within the own chunk."""
        start = keys[:, :, : self.before].mT @ values[:, :, : self.before]
        queries, keys, values = (
            self._chunked(x) for x in (queries, keys[:, :, self.before :], values[:, :, self.before :])
        )
        states = torch.cat([start.unsqueeze(2), (keys.mT @ values)[:, :, :-1]], dim=2).cumsum(dim=2)
        group = queries.shape[2]
        folded = queries.transpose(2, 3).flatten(3, 4)  # the query heads of a group meet their keys together
        within = (folded @ keys.mT).unflatten(3, (group, -1)).masked_fill(self.future, 0.0).flatten(3, 4)
        sums = folded @ states
        sums += within @ values
        apart: Tensor = sums.unflatten(3, (group, -1)).transpose(2, 3).flatten(3, 4)
        return apart[..., : apart.shape[-2] - self.missing, :]

    def _chunked(self, x: Tensor) -> Tensor:
        whole = pad(x, (0, 0, 0, self.missing)) if self.missing else x
        chunks: Tensor = whole.unflatten(-2, (self.chunks, -1))
        return chunks


def positive(x: Tensor) -> Tensor:
    """φ(x) = elu(x) + 1, in float32."""
    return elu(x.float()) + 1.0
