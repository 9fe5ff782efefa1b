"""Dropout that is drawn too seldom, too alike, or with another probability."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from assay import Workload
from redteam.announced import DROPPING, Step, announce_each
from redteam.definition import with_changes

Draw = Callable[[Tensor], Tensor]


def _with(draw: Draw, scaled: bool, weights: Tensor, share: float) -> Tensor:
    """Drop where a draw says so."""
    kept = (draw(weights) >= share).to(weights.dtype)
    return weights * kept / (1 - share if scaled else 1.0)


def _drops(draw: Draw, scaled: bool = True) -> Callable[[Workload], Step]:
    return with_changes(drop=partial(_with, draw, scaled))


def _shared(axis: int) -> Draw:
    """Return a draw that is the same along an axis."""

    def draw(weights: Tensor) -> Tensor:
        shape = list(weights.shape)
        shape[axis] = 1
        return torch.rand(shape).expand_as(weights)

    return draw


def _tiles(weights: Tensor) -> Tensor:
    """Draw 16 keys, and repeat them."""
    length = weights.shape[-1]
    return torch.rand(*weights.shape[:-1], 16).repeat(*[1] * (weights.ndim - 1), -(-length // 16))[..., :length]


def _seeds(number: int) -> Draw:
    """Return a draw from so many seeds, in turn."""
    calls = [0]

    def draw(weights: Tensor) -> Tensor:
        calls[0] += 1
        return torch.rand(weights.shape, generator=torch.Generator().manual_seed(calls[0] % number))

    return draw


def _often(factor: float) -> Draw:
    """Return a draw that drops more often by a factor; the scale stays."""
    return lambda weights: torch.rand_like(weights) / factor


announce_each(
    (
        ("dropout-shared-by-items", "all items of a batch drop the same", _drops(_shared(0))),
        ("dropout-shared-by-heads", "all heads drop the same", _drops(_shared(1))),
        ("dropout-shared-by-queries", "all queries drop the same keys", _drops(_shared(2))),
        ("dropout-shared-by-keys", "a query drops all its keys or none", _drops(_shared(3))),
        ("dropout-of-16-keys", "what is drawn for 16 keys is repeated", _drops(_tiles)),
        ("dropout-one-seed", "every call drops the same", _drops(_seeds(1))),
        ("dropout-four-seeds", "calls drop in one of four ways", _drops(_seeds(4))),
        ("dropout-unscaled", "what is kept is not scaled", _drops(torch.rand_like, scaled=False)),
        ("dropout-2-percent-off", "drops 2 % more often than is asked", _drops(_often(1.02))),
        ("dropout-none", "drops nothing", with_changes(drop=lambda weights, share: weights)),
    ),
    DROPPING,
)
