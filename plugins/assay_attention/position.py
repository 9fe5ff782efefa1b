"""How attention is told of positions: by linear biases of the scores, or by turned queries and keys."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import assay
from assay_attention.dtype import like
from assay_attention.mask import positions

THETA = 10_000.0


def alibi(workload: assay.Workload) -> Tensor:
    """Return what is added to scaled scores, [1, q_heads, q_len, kv_len]: -slope * distance."""
    distance = (positions(workload) - torch.arange(workload.kv_len, device=workload.device)).abs()
    return (-slopes(workload).view(1, -1, 1, 1) * distance).to(like(workload))


def slopes(workload: assay.Workload) -> Tensor:
    """Return ALiBi's slope of each head, float64 [q_heads]: 2^(-8 (h + 1) / heads) for a power of two.

    Else those of the largest power of two below, then every other one of twice as many, as in the authors' code
    (Press et al. 2022, Train Short, Test Long).
    """
    heads = workload.q_heads
    power = 1 << (heads.bit_length() - 1)
    steps = torch.arange(1, 2 * power + 1, dtype=torch.float64, device=workload.device)
    slope = 2.0 ** (-4.0 * steps / power)  # of twice as many heads as `power`
    return torch.cat([slope[1::2], slope[::2][: heads - power]])


class Rope(nn.Module):
    """Turns the pairs (i, i + d/2) of queries or keys by position * 10000^(-2i/d) (Su et al. 2021)."""

    cosine: Tensor
    sine: Tensor

    def __init__(self, workload: assay.Workload) -> None:
        super().__init__()
        half = workload.d_qk // 2
        speeds = THETA ** (-torch.arange(half, dtype=torch.float64, device=workload.device) / half)
        self.first = min(0, workload.kv_len - workload.q_len)  # more queries than keys begin before position 0
        angles = torch.arange(self.first, workload.kv_len, device=workload.device).unsqueeze(-1) * speeds
        self.register_buffer("cosine", angles.cos().to(like(workload)))
        self.register_buffer("sine", angles.sin().to(like(workload)))

    def forward(self, x: Tensor, start: int) -> Tensor:
        """Turn x [..., length, d_qk], whose first position is `start`."""
        places = slice(start - self.first, start - self.first + x.shape[-2])
        cosine, sine = self.cosine[places], self.sine[places]
        first, second = x.chunk(2, dim=-1)
        return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)


class Turned(nn.Module):
    """A core whose queries, the last positions, and keys are turned before it."""

    def __init__(self, core: assay.Step, workload: assay.Workload) -> None:
        super().__init__()
        self.core = core
        self.rope = Rope(workload)
        self.first = workload.kv_len - workload.q_len

    def forward(self, q: Tensor, k: Tensor, v: Tensor, *lengths: Tensor) -> Tensor:
        """Attend as the core does."""
        return self.core(self.rope(q, self.first), self.rope(k, 0), v, *lengths)


def turned(core: assay.Step, workload: assay.Workload) -> assay.Step:
    """Return the core, with queries and keys turned before it where the workload says `rope`."""
    return Turned(core, workload) if workload.semantics.bias == "rope" else core
