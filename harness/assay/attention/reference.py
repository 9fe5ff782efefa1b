"""Attention by its definition, slow and obvious: what every implementation is held to."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from assay.attention.inputs import Inputs
from assay.plugins.types import Weights
from assay.records.workload import Workload

CHUNK = 1 << 24
THETA = 10_000.0


def attend(workload: Workload, inputs: Inputs, weights: Weights | None, rows: Tensor | None = None) -> Tensor:
    """Compute a workload by its definition in the precision of the inputs, without dropout.

    Semantics are those of `assay.Semantics`, shapes those of `assay.Workload`; `rows` [n] are the queries wanted, all
    for None, and stand in place of q_len in the output. A query that sees no key gives NaN. The weights of
    attention are held for a part of the rows at a time.
    """
    rows = torch.arange(workload.q_len) if rows is None else rows
    q, k, v = project(workload, inputs, weights)

    def attended(part: Tensor) -> Tensor:
        return product(weigh(workload, q, k, part, inputs.lengths), v)

    recorded = q.requires_grad and torch.is_grad_enabled()  # then every part is computed again on the way back
    parts = [
        checkpoint(attended, part, use_reentrant=False) if recorded else attended(part)
        for part in chunks(workload, rows)
    ]
    context = torch.cat(parts, dim=2)
    if weights is None:
        return context
    joined = context.transpose(1, 2).flatten(-2)
    return joined if weights.wo is None else product(joined, weights.wo)


def project(workload: Workload, inputs: Inputs, weights: Weights | None) -> tuple[Tensor, Tensor, Tensor]:
    """Return q [batch, q_heads, q_len, d_qk], and k and v [batch, q_heads, kv_len, d], key heads repeated."""
    if weights is None:
        q, k, v = inputs.tensors[:3]
    else:
        x = inputs.tensors[0]
        everything = x if inputs.past is None else torch.cat([inputs.past, x], dim=1)
        q, k, v = (
            product(source, w).unflatten(-1, (heads, -1)).transpose(1, 2)
            for source, w, heads in (
                (x, weights.wq, workload.q_heads),
                (everything, weights.wk, workload.kv_heads),
                (everything, weights.wv, workload.kv_heads),
            )
        )
    group = workload.q_heads // workload.kv_heads
    k, v = k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)
    if workload.semantics.bias == "rope":
        hidden = workload.kv_len - workload.q_len
        q, k = _turned(q, hidden), _turned(k, 0)
    return q, k, v


def weigh(workload: Workload, q: Tensor, k: Tensor, rows: Tensor, lengths: Tensor | None = None) -> Tensor:
    """Return the weights of attention of some queries, [batch, q_heads, len(rows), kv_len]."""
    semantics = workload.semantics
    hidden_keys = ~visible(workload, rows, lengths).to(q.device)
    if semantics.kind == "linear":
        products = product(positive(q[:, :, rows]), positive(k).mT).masked_fill(hidden_keys, 0.0)
        return products / products.sum(dim=-1, keepdim=True)
    scores = product(q[:, :, rows], k.mT)
    if not semantics.scale_is_one:
        scores = scores / math.sqrt(workload.d_qk)
    if semantics.bias == "alibi":
        scores = scores + alibi(workload, rows).to(scores)
    return torch.softmax(scores.masked_fill(hidden_keys, -torch.inf), dim=-1)


def visible(workload: Workload, rows: Tensor, lengths: Tensor | None = None) -> Tensor:
    """Return which keys some queries see: booleans [batch or 1, 1, len(rows), kv_len], on the CPU.

    With the mask `padding` an item has the valid `lengths` [batch], those of the workload for None.
    """
    semantics = workload.semantics
    keys = torch.arange(workload.kv_len)
    own = (rows.cpu() + workload.kv_len - workload.q_len).unsqueeze(-1)
    seen = torch.ones(len(rows), workload.kv_len, dtype=torch.bool)
    if semantics.mask in ("causal", "window"):
        seen = keys <= own
    if semantics.mask == "window":
        seen = seen & (keys > own - semantics.reach)
    if semantics.mask == "prefix":
        seen = (keys <= own) | (keys < semantics.reach)
    if semantics.mask == "padding":
        return seen & (keys < _lengths(workload, lengths).view(-1, 1, 1, 1))
    return seen[None, None]


def looked_at(workload: Workload, rows: Tensor, lengths: Tensor | None = None) -> Tensor:
    """Return which outputs are held to the reference: booleans [batch or 1, len(rows)].

    Padded queries are not, nor those that see no key.
    """
    seen = visible(workload, rows, lengths).any(dim=-1)[:, 0]
    if workload.semantics.mask == "padding":
        return seen & (rows.cpu() < _lengths(workload, lengths).unsqueeze(-1))
    return seen


def product(left: Tensor, right: Tensor) -> Tensor:
    """Multiply matrices, sums of half precision in float32 as everywhere, which a CPU does faster besides."""
    if left.dtype in (torch.float16, torch.bfloat16):
        return (left.float() @ right.float()).to(left.dtype)
    return left @ right


def widened(mask: Tensor, tensor: Tensor) -> Tensor:
    """Lay a mask of queries [batch or 1, rows] over an output [batch, heads, rows, d] or [batch, rows, width]."""
    mask = mask.to(tensor.device)
    return mask[:, None, :, None] if tensor.ndim == 4 else mask[:, :, None]


def chunks(workload: Workload, rows: Tensor) -> Iterator[Tensor]:
    """Cut queries into parts whose weights of attention are at most some 16 million numbers."""
    size = max(1, CHUNK // (workload.batch * workload.q_heads * workload.kv_len))
    yield from rows.split(size)


def positive(x: Tensor) -> Tensor:
    """Return φ(x) = elu(x) + 1 of linear attention."""
    return torch.nn.functional.elu(x) + 1


def _lengths(workload: Workload, lengths: Tensor | None) -> Tensor:
    return torch.tensor(workload.lengths) if lengths is None else lengths.cpu()


def alibi(workload: Workload, rows: Tensor) -> Tensor:
    """Return what is added to scaled scores, float64 [q_heads, len(rows), kv_len]: -slope * distance."""
    own = (rows.cpu() + workload.kv_len - workload.q_len).unsqueeze(-1)
    distance = (own - torch.arange(workload.kv_len)).abs()
    return -slopes(workload.q_heads).view(-1, 1, 1) * distance


def slopes(heads: int) -> Tensor:
    """Return ALiBi's slope of each head, float64 [heads], as published (Press et al. 2022, and their code).

    For a power of two, 2^(-8 (h + 1) / heads). Otherwise those of the largest power of two below, then every other one
    of twice as many.
    """
    power = 1 << (heads.bit_length() - 1)
    of_twice = 2.0 ** (-4.0 * torch.arange(1, 2 * power + 1, dtype=torch.float64) / power)
    return torch.cat([of_twice[1::2], of_twice[::2][: heads - power]])


def _turned(x: Tensor, start: int) -> Tensor:
    """Turn the pairs (i, i + d/2) of x [..., length, d], whose first position is `start`."""
    half = x.shape[-1] // 2
    speeds = THETA ** (-torch.arange(half, dtype=torch.float64, device=x.device) / half)
    positions = torch.arange(start, start + x.shape[-2], dtype=torch.float64, device=x.device)
    angles = positions.unsqueeze(-1) * speeds
    cosine, sine = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)
