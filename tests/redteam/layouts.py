"""Kernels that assume how inputs lie in memory."""

from __future__ import annotations

import torch
from torch import Tensor

from assay import Weights, Workload
from redteam.announced import GRADIENTS, Step, announce
from redteam.definition import Attention


def _dense(shape: torch.Size) -> tuple[int, ...]:
    """Return the strides of a contiguous tensor."""
    return torch.empty(shape, device="meta").stride()


def _as_if_contiguous(x: Tensor) -> Tensor:
    return torch.as_strided(x, x.shape, _dense(x.shape), x.storage_offset())


@announce("assumes-contiguous", GRADIENTS)
def build_assumes_contiguous(workload: Workload, weights: Weights | None) -> Step:
    """Reads memory as if every input were contiguous."""
    honest = Attention(workload=workload)
    return lambda *tensors: honest(*map(_as_if_contiguous, tensors))


@announce("strides-of-q", GRADIENTS)
def build_strides_of_q(workload: Workload, weights: Weights | None) -> Step:
    """Reads k and v with the strides of q, where their shapes are the same."""
    honest = Attention(workload=workload)

    def step(q: Tensor, *others: Tensor) -> Tensor:
        return honest(q, *(x if x.shape != q.shape else _like(x, q) for x in others))

    def _like(x: Tensor, q: Tensor) -> Tensor:
        spans = [sum((size - 1) * step for size, step in zip(x.shape, y.stride(), strict=True)) for y in (x, q)]
        return x if spans[1] > spans[0] else torch.as_strided(x, q.shape, q.stride(), x.storage_offset())

    return step


@announce("no-offset", GRADIENTS)
def build_no_offset(workload: Workload, weights: Weights | None) -> Step:
    """Reads each input from the beginning of its memory."""
    honest = Attention(workload=workload)
    return lambda *tensors: honest(*(torch.as_strided(x, x.shape, x.stride(), 0) for x in tensors))


@announce("dense-rows", GRADIENTS)
def build_dense_rows(workload: Workload, weights: Weights | None) -> Step:
    """Assumes that the rows of a head follow each other without a gap."""
    honest = Attention(workload=workload)

    def dense(x: Tensor) -> Tensor:
        batch, heads, _, _ = x.stride()
        return torch.as_strided(x, x.shape, (batch, heads, x.shape[-1], 1), x.storage_offset())

    return lambda *tensors: honest(*map(dense, tensors))
