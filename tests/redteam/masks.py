"""Faults in masks, heads, biases and padding."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from assay import Weights, Workload
from redteam.announced import Step, announce, announce_each
from redteam.definition import Attention, angles, even_slopes, rotate, visible, with_changes


def _top_left(workload: Workload) -> Tensor:
    """Align queries with the first keys."""
    return visible(workload, later=workload.q_len - workload.kv_len)


def _slopes_from_one(heads: int) -> Tensor:
    """Return the slopes of heads from 0 on: the first has slope 1."""
    return 2.0 ** (-8.0 * torch.arange(heads, dtype=torch.float64) / heads)


def _interleaved(x: Tensor, start: int) -> Tensor:
    """Turn the pairs (2 i, 2 i + 1)."""
    turned = angles(x, start)
    cosine, sine = turned.cos().to(x.dtype), turned.sin().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cosine - odd * sine, odd * cosine + even * sine], dim=-1).flatten(-2)


def _halves_of_other_sign(x: Tensor, start: int) -> Tensor:
    """Turn the other way round for positions from 128 on."""
    right = rotate(x, start)
    right[..., 128:, :] = rotate(x, start + 1)[..., 128:, :]
    return right


def _tiled(x: Tensor, group: int) -> Tensor:
    """Repeat key heads as 0, 1, 0, 1 instead of 0, 0, 1, 1."""
    return x.repeat(1, group, 1, 1)


announce_each(
    (
        ("mask-top-left", "causal, aligned at the first key", with_changes(seen=_top_left)),
        ("causal-one-later", "each query sees the next key", with_changes(seen=partial(visible, later=1))),
        ("causal-not-itself", "no query sees its own key", with_changes(seen=partial(visible, later=-1))),
        ("window-one-longer", "the window is one longer", with_changes(seen=partial(visible, reach=1))),
        ("window-one-shorter", "the window is one shorter", with_changes(seen=partial(visible, reach=-1))),
        ("prefix-one-longer", "the prefix is one longer", with_changes(seen=partial(visible, reach=1))),
        ("prefix-one-shorter", "the prefix is one shorter", with_changes(seen=partial(visible, reach=-1))),
        ("alibi-from-head-0", "ALiBi's slopes are one head off", with_changes(slopes=_slopes_from_one)),
        ("alibi-by-one-formula", "ALiBi's slopes as if 12 were a power of two", with_changes(slopes=even_slopes)),
        ("rope-interleaved", "rotary positions turn neighbours", with_changes(turn=_interleaved)),
        ("rope-off-by-one-late", "rotary positions are one off from 128 on", with_changes(turn=_halves_of_other_sign)),
        ("heads-tiled", "grouped heads take the key heads in turn", with_changes(share=_tiled)),
    )
)


@announce("padding-baked-in")
def build_padding_baked(workload: Workload, weights: Weights | None) -> Step:
    """Uses the lengths that it was built with, not those that it is given."""
    honest, fixed = Attention(workload=workload), torch.tensor(workload.lengths)

    def step(q: Tensor, k: Tensor, v: Tensor, *lengths: Tensor) -> Tensor:
        return honest(q, k, v, *([fixed] if lengths else []))

    return step


@announce("padding-rounded")
def build_padding_rounded(workload: Workload, weights: Weights | None) -> Step:
    """Rounds lengths up to a multiple of 8."""
    honest = Attention(workload=workload)

    def step(q: Tensor, k: Tensor, v: Tensor, *lengths: Tensor) -> Tensor:
        return honest(q, k, v, *((length + 7) // 8 * 8 for length in lengths))

    return step
