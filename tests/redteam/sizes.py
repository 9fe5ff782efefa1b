"""Kernels that are right at the sizes that everybody tries, and wrong at others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from assay import Weights, Workload
from redteam.announced import FORWARD, SQUARE, Step, announce, announce_each
from redteam.definition import Attention, visible


def _without_tail(block: int, workload: Workload) -> Step:
    """Drop the keys beyond the last whole block."""
    whole = workload.kv_len // block * block or workload.kv_len
    seen = visible(workload) & (torch.arange(workload.kv_len) < whole)
    return Attention(workload=workload, seen=lambda workload: seen)


def _spoiled(spoil: Callable[[Workload, Tensor], None], workload: Workload) -> Step:
    """Return a step whose output is spoiled in place."""
    honest = Attention(workload=workload)

    def step(*tensors: Tensor) -> Tensor:
        output = honest(*tensors).clone()
        spoil(workload, output)
        return output

    return step


def _queries_beyond_64(workload: Workload, output: Tensor) -> None:
    output[:, :, workload.q_len // 64 * 64 or workload.q_len :] = 0


def _later_items(workload: Workload, output: Tensor) -> None:
    output[1:] = output[:1]


def _alone(workload: Workload, output: Tensor) -> None:
    if workload.batch == 1:
        output[..., :1] = 0


def _odd_items(workload: Workload, output: Tensor) -> None:
    """Give every head of a batch the last of its item, where heads are an odd number."""
    if workload.q_heads % 2:
        output[:, :1] = output[:, -1:]


def _width_beyond_16(workload: Workload, output: Tensor) -> None:
    output[..., workload.d_v // 16 * 16 or workload.d_v :] = 0


def _width_beyond_4(workload: Workload, output: Tensor) -> None:
    output[..., workload.d_v // 4 * 4 :] = 0


def _wide_heads(workload: Workload, output: Tensor) -> None:
    output[..., 64:] = 0


def _single_key(workload: Workload, output: Tensor) -> None:
    if workload.kv_len == 1:
        output.fill_(1.0)


def _short(workload: Workload, output: Tensor) -> None:
    if 1 < workload.kv_len < 100:
        output[:, :, -1] = 0


def _middle_of_long(workload: Workload, output: Tensor) -> None:
    if workload.q_len > 400:
        output[:, :, 240:272] = 0


def _rectangle(workload: Workload, output: Tensor) -> None:
    """Turn queries round where they are more than the keys."""
    if workload.q_len > workload.kv_len:
        output[:, :, 2:] = output[:, :, 2:].flip(-2)


announce_each(
    [
        (
            f"keys-beyond-{block}",
            f"keys beyond whole blocks of {block} are dropped",
            partial(_without_tail, block),
        )
        for block in (16, 32, 64, 128)
    ],
    SQUARE,
)
announce_each(
    [
        (name, summary, partial(_spoiled, spoil))
        for name, summary, spoil in (
            ("queries-beyond-64", "queries beyond the last whole block of 64 give zeros", _queries_beyond_64),
            ("later-items", "all items of a batch give what the first gives", _later_items),
            ("batch-of-one", "a batch of one is wrong in its first column", _alone),
            ("odd-heads", "the first of an odd number of heads gives what the last gives", _odd_items),
            ("width-beyond-16", "columns beyond the last whole block of 16 are zeros", _width_beyond_16),
            ("width-beyond-4", "columns beyond the last whole block of 4 are zeros", _width_beyond_4),
            ("wider-than-64", "columns beyond 64 are zeros", _wide_heads),
            ("single-key", "a single key gives ones", _single_key),
            ("shorter-than-100", "the last query of fewer than 100 gives zeros", _short),
            ("middle-block", "32 queries in the middle of more than 400 give zeros", _middle_of_long),
            ("more-queries-than-keys", "queries are turned round where they are more than keys", _rectangle),
        )
    ]
)


@announce("middle-of-8192", FORWARD)
def build_middle_of_long(workload: Workload, weights: Weights | None) -> Step:
    """Gives zeros for 64 queries in the middle of more than 8000."""

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        causal = workload.semantics.mask == "causal"
        output = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
        output[:, :, 3008 : 3072 if workload.q_len > 8000 else 3008] = 0
        return output

    return step
