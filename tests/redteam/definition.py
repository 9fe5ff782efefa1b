"""Attention by its definition. Each field of `Attention` is a place where a fault can be planted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from assay import Workload
from redteam.announced import Step

HALF = (torch.bfloat16, torch.float16)


def usual_scale(workload: Workload) -> float:
    """Return 1 / sqrt(d_qk)."""
    return float(workload.d_qk**-0.5)


def visible(workload: Workload, *, reach: int = 0, later: int = 0) -> Tensor:
    """Return which keys each query sees, [q_len, kv_len], with a reach and own positions that may be off by some."""
    semantics, reach = workload.semantics, workload.semantics.reach + reach
    own = torch.arange(workload.q_len)[:, None] + workload.kv_len - workload.q_len + later
    keys = torch.arange(workload.kv_len)
    if semantics.mask == "window":
        return (keys <= own) & (keys > own - reach)
    if semantics.mask == "prefix":
        return (keys <= own) | (keys < reach)
    if semantics.mask == "causal":
        return keys <= own
    return torch.ones(workload.q_len, workload.kv_len, dtype=torch.bool)


def published_slopes(heads: int) -> Tensor:
    """Return ALiBi's slopes as published, for head counts that are no power of two as well."""
    power = 2 ** math.floor(math.log2(heads))
    first = [2.0 ** (-8.0 * (head + 1) / power) for head in range(power)]
    rest = [2.0 ** (-4.0 * (head + 1) / power) for head in range(0, 2 * power, 2)]
    return torch.tensor((first + rest)[:heads], dtype=torch.float64)


def even_slopes(heads: int) -> Tensor:
    """Return ALiBi's slopes by one formula, which is the published one for powers of two."""
    return 2.0 ** (-8.0 * torch.arange(1, heads + 1, dtype=torch.float64) / heads)


def angles(x: Tensor, start: int) -> Tensor:
    """Return by how much the pairs of x [..., length, d] are turned, [length, d / 2]."""
    half = x.shape[-1] // 2
    speeds = 10_000.0 ** (-torch.arange(half, dtype=torch.float64) / half)
    return (torch.arange(x.shape[-2], dtype=torch.float64) + start)[:, None] * speeds


def rotate(x: Tensor, start: int) -> Tensor:
    """Turn the pairs (i, i + d / 2) of x, whose first position is `start`."""
    turned = angles(x, start)
    cosine, sine = turned.cos().to(x.dtype), turned.sin().to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)


def repeat_heads(x: Tensor, group: int) -> Tensor:
    """Repeat each key head for the query heads of its group."""
    return x if group == 1 else x.repeat_interleave(group, dim=1)


def softmax(scores: Tensor) -> Tensor:
    """Return the weights of attention."""
    return torch.softmax(scores, dim=-1)


def drop(weights: Tensor, share: float) -> Tensor:
    """Drop a share of the weights and scale the rest."""
    return torch.nn.functional.dropout(weights, share)


def unchanged(scores: Tensor) -> Tensor:
    """Return scores as they are."""
    return scores


@dataclass(frozen=True, kw_only=True)
class Attention:
    """A step of level `core` that is right unless a field is replaced; half precision is computed in float32."""

    workload: Workload
    scale: Callable[[Workload], float] = usual_scale
    seen: Callable[[Workload], Tensor] = visible
    slopes: Callable[[int], Tensor] = published_slopes
    turn: Callable[[Tensor, int], Tensor] = rotate
    share: Callable[[Tensor, int], Tensor] = repeat_heads
    change: Callable[[Tensor], Tensor] = unchanged
    weigh: Callable[[Tensor], Tensor] = softmax
    drop: Callable[[Tensor, float], Tensor] = drop
    fill: float = -math.inf

    def __call__(self, q: Tensor, k: Tensor, v: Tensor, *lengths: Tensor) -> Tensor:
        """Compute it."""
        workload, semantics, dtype = self.workload, self.workload.semantics, q.dtype
        q, k, v = (x.float() if x.dtype in HALF else x for x in (q, k, v))
        if semantics.bias == "rope":
            q, k = self.turn(q, workload.kv_len - workload.q_len), self.turn(k, 0)
        k, v = (self.share(x, workload.q_heads // workload.kv_heads) for x in (k, v))
        scores = q @ k.mT * self.scale(workload)
        if semantics.bias == "alibi":
            scores = scores - self._distances().to(scores.dtype)
        seen = self.seen(workload)
        if lengths:
            seen = seen & (torch.arange(workload.kv_len) < lengths[0][:, None])[:, None, None]
        weights = self.weigh(self.change(scores).masked_fill(~seen, self.fill))
        if semantics.dropout:
            weights = self.drop(weights, semantics.dropout)
        return (weights @ v).to(dtype)

    def _distances(self) -> Tensor:
        """Return how far each key is from each query, times the slope of the head."""
        workload = self.workload
        own = torch.arange(workload.q_len)[:, None] + workload.kv_len - workload.q_len
        return self.slopes(workload.q_heads)[:, None, None] * (own - torch.arange(workload.kv_len)).abs()


def with_changes(**changes: object) -> Callable[[Workload], Step]:
    """Return what makes the step of a workload with some fields replaced."""
    return partial(_attention, changes)


def _attention(changes: dict[str, object], workload: Workload) -> Attention:
    return Attention(workload=workload, **changes)  # type: ignore[arg-type]
