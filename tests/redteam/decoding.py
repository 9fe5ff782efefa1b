"""Decoding steps with a cache of keys and values, and faults in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from assay import Weights, Workload
from redteam.announced import DECODING, announce
from redteam.definition import Attention, rotate
from redteam.precision import int8


class Decoder:
    """A step of level `decode` whose cache is filled by `prefill`; subclasses get something wrong."""

    def __init__(self, workload: Workload, weights: Weights) -> None:
        self.workload, self.weights = workload, weights
        self.attend: Callable[..., Tensor] = Attention(workload=replace(workload, level="core"))
        self.k = self.v = torch.empty(0)

    def prefill(self, past: Tensor) -> None:
        """Fill the cache."""
        self.k, self.v = self.projected(past)

    def projected(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return keys and values of positions, by heads."""
        return tuple(self._heads(x @ weight) for weight in (self.weights.wk, self.weights.wv))

    def __call__(self, x: Tensor) -> Tensor:
        """Compute the output at the positions of x."""
        q = (x @ self.weights.wq).unflatten(-1, (self.workload.q_heads, -1)).transpose(1, 2)
        k, v = (torch.cat(pair, dim=2) for pair in zip((self.k, self.v), self.projected(x), strict=True))
        self.called(k, v)
        return self.attend(q, k, v).transpose(1, 2).flatten(-2) @ self.weights.wo

    def called(self, k: Tensor, v: Tensor) -> None:
        """Is told the keys and values of a call; the cache stays as it is."""

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.workload.kv_heads, -1)).transpose(1, 2)


class Keeping(Decoder):
    """Keeps the first half of an earlier cache."""

    def prefill(self, past: Tensor) -> None:
        """Fill the second half."""
        before, half = (self.k, self.v), past.shape[1] // 2
        super().prefill(past)
        if before[0].numel():
            self.k[:, :, :half], self.v[:, :, :half] = before[0][:, :, :half], before[1][:, :, :half]


class Moving(Decoder):
    """Moves on with each call."""

    def called(self, k: Tensor, v: Tensor) -> None:
        """Take the positions in, and forget the first."""
        self.k, self.v = k[:, :, 1:], v[:, :, 1:]


class FromZero(Decoder):
    """Counts the positions of queries from zero."""

    def __init__(self, workload: Workload, weights: Weights) -> None:
        super().__init__(workload, weights)
        self.attend = Attention(workload=replace(workload, level="core"), turn=lambda x, start: rotate(x, 0))


class Coarse(Decoder):
    """Keeps int8 in its cache."""

    def prefill(self, past: Tensor) -> None:
        """Round what is kept."""
        super().prefill(past)
        self.k, self.v = (int8(x.float()).to(x.dtype) for x in (self.k, self.v))


class Blind(Decoder):
    """Sees the cache in whole pages of 16 only."""

    def prefill(self, past: Tensor) -> None:
        """Make the rest of the last page zeros."""
        super().prefill(past)
        whole = past.shape[1] // 16 * 16
        self.k, self.v = self.k.clone(), self.v.clone()
        self.k[:, :, whole:], self.v[:, :, whole:] = 0, 0


class Remembering(Decoder):
    """Remembers the last output as long as there is no new prefill."""

    output: Tensor | None = None

    def prefill(self, past: Tensor) -> None:
        """Fill the cache, and forget the output."""
        super().prefill(past)
        self.output = None

    def __call__(self, x: Tensor) -> Tensor:
        """Compute it once."""
        if self.output is None:
            self.output = super().__call__(x)
        return self.output.clone()


def _announce(name: str, summary: str, decoder: Any) -> None:
    announce(name, DECODING, summary)(lambda workload, weights: decoder(workload, weights))


_announce("right-decoder", "decodes from a cache", Decoder)
_announce("decode-keeps-old-cache", "a new prefill keeps half of what was there", Keeping)
_announce("decode-moves-on", "each call takes its positions into the cache", Moving)
_announce("decode-rope-from-zero", "rotary positions of queries begin at zero", FromZero)
_announce("decode-int8-cache", "the cache is rounded to int8", Coarse)
_announce("decode-whole-pages", "positions beyond whole pages of 16 are lost", Blind)
_announce("decode-remembers", "one output for each prefill, whatever is asked", Remembering)
