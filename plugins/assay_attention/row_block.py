"""Attention by blocks of queries in plain torch: a block meets only the keys that it can see.

The idea of FlashAttention (Dao et al. 2022) in one direction: no square of scores is ever held, only a strip.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

import assay
from assay_attention.blocking import block_bounds
from assay_attention.mask import positions, sees


@dataclass(frozen=True, slots=True)
class Block:
    """Some queries, the keys among which theirs are, and which of the last of these keys each cannot see."""

    queries: slice
    keys: slice
    hidden: Tensor | None


def blocks(workload: assay.Workload) -> Iterator[Block]:
    """Cut the queries into blocks; what they hold together grows in proportion to the length."""
    own = positions(workload)
    for queries, keys in block_bounds(workload):
        columns = torch.arange(keys.start, keys.stop, device=workload.device)
        hidden = ~sees(workload.semantics, own[queries], columns)
        some = hidden.any(dim=0).nonzero()
        first = keys.stop - keys.start if len(some) == 0 else int(some[0])
        yield Block(queries, keys, hidden[:, first:].clone() if len(some) else None)


class RowBlock(nn.Module):
    """Softmax over a strip of scores at a time; the query heads of a group meet their keys together."""

    def __init__(self, workload: assay.Workload, weights: assay.Weights | None) -> None:
        super().__init__()
        self.blocks = tuple(blocks(workload))
        self.kv_heads = workload.kv_heads
        self.scale = workload.d_qk**-0.5

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attend: q [batch, q_heads, q_len, d] and k, v [batch, kv_heads, kv_len, d] to [.., q_len, d_v]."""
        grouped = q.unflatten(1, (self.kv_heads, -1))
        strips = [self._strip(block, grouped, k, v) for block in self.blocks]
        return torch.cat(strips, dim=-2).flatten(1, 2)

    def _strip(self, block: Block, grouped: Tensor, k: Tensor, v: Tensor) -> Tensor:
        part = grouped[..., block.queries, :] * self.scale
        scores = (part.flatten(2, 3) @ k[:, :, block.keys].mT).unflatten(2, part.shape[2:4])
        if block.hidden is not None:
            scores[..., -block.hidden.shape[-1] :].masked_fill_(block.hidden, -torch.inf)
        weights = torch.softmax(scores, dim=-1)
        strip: Tensor = (weights.flatten(2, 3) @ v[:, :, block.keys]).unflatten(2, part.shape[2:4])
        return strip
