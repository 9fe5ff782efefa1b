"""PyTorch's FlexAttention: masks and biases are functions of positions, and blocks that nobody sees are left out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

import assay
from assay_attention.compiled import compile_step
from assay_attention.mask import sees
from assay_attention.position import slopes

ScoreMod = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]


def build_eager(workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return the step that runs operation by operation, with the whole square of scores."""
    return partial(
        flex_attention,
        score_mod=_score_mod(workload),
        block_mask=_block_mask(workload),
        enable_gqa=workload.q_heads != workload.kv_heads,
    )


def build_compiled(workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return the step that is compiled into one kernel when it is first called.

    Raises `assay.Unavailable` on a CPU without AVX2, for which PyTorch has no kernel.
    """
    if workload.device == "cpu" and not torch.backends.cpu.get_cpu_capability().startswith("AVX"):
        raise assay.Unavailable("FlexAttention is compiled for CPUs with AVX2 only", remedy="use another machine")
    return compile_step(build_eager(workload, weights))


def _block_mask(workload: assay.Workload) -> BlockMask | None:
    """Return which blocks of 128 x 128 positions are seen, in whole or in part; None for all."""
    semantics, before = workload.semantics, workload.kv_len - workload.q_len
    if semantics.mask == "none":
        return None

    def seen(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return sees(semantics, query + before, key)

    return create_block_mask(seen, None, None, workload.q_len, workload.kv_len, device=workload.device)


def _score_mod(workload: assay.Workload) -> ScoreMod | None:
    """Add a penalty of distance to the scaled score, as `position.alibi` does for all at once."""
    if workload.semantics.bias != "alibi":
        return None
    before, slope = workload.kv_len - workload.q_len, slopes(workload).float()

    def penalised(score: Tensor, batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return score - slope[head] * (query + before - key).abs()

    return penalised
