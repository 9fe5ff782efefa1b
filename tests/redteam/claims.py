"""Plugins whose claims about themselves are false, or that hide what they use."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from assay import Supports, Weights, Workload
from redteam.announced import FORWARD, SEMANTICS, Step, announce
from redteam.definition import Attention, visible


@announce("claims-one-byte", FORWARD, peak_bytes=lambda workload: 1)
def build_one_byte(workload: Workload, weights: Weights | None) -> Step:
    """Claims that a call allocates one byte."""
    return Attention(workload=workload)


@announce("claims-one-flop", FORWARD, flop=lambda workload: 1)
def build_one_flop(workload: Workload, weights: Weights | None) -> Step:
    """Claims that it executes one floating-point operation."""
    return Attention(workload=workload)


@announce("claims-half-the-flop", FORWARD, flop=lambda workload: workload.flop // 2)
def build_half_flop(workload: Workload, weights: Weights | None) -> Step:
    """Claims half of the floating-point operations that a causal mask leaves."""
    return Attention(workload=workload)


@announce("scratch-held", FORWARD)
def build_scratch_held(workload: Workload, weights: Weights | None) -> Step:
    """Allocates its scores when it is built, so that a call seems to take nothing."""
    hidden = ~visible(workload)
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[workload.dtype]
    scores = torch.empty(workload.batch, workload.q_heads, workload.q_len, workload.kv_len, dtype=dtype)

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        torch.matmul(q, k.mT, out=scores)
        scores.mul_(workload.d_qk**-0.5).masked_fill_(hidden, -math.inf)
        scores.sub_(scores.amax(dim=-1, keepdim=True)).exp_()
        scores.div_(scores.sum(dim=-1, keepdim=True))
        return scores @ v

    return step


@announce("empty-rows-nan", Supports(**SEMANTICS, dropout=False), empty_rows="zero")
def build_empty_rows_nan(workload: Workload, weights: Weights | None) -> Step:
    """Declares zeros for a query that sees no key, and gives NaN."""
    return Attention(workload=workload)


@announce("empty-rows-mean", Supports(**SEMANTICS, dropout=False), empty_rows="zero")
def build_empty_rows_mean(workload: Workload, weights: Weights | None) -> Step:
    """Declares zeros for a query that sees no key, and gives the mean of v."""
    return Attention(workload=workload, fill=-1e30)
