"""Lower precision than the row says: the values or the sums of a cheaper type."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from assay import Weights, Workload
from redteam.announced import FORWARD, Step, announce, announce_each
from redteam.definition import HALF, Attention

CALLS = 20  # the gate makes fewer of one step
Rounding = Callable[[Tensor], Tensor]


def int8(x: Tensor) -> Tensor:
    """Round to 255 steps of the row's largest number."""
    step = x.abs().amax(dim=-1, keepdim=True).clamp_min(1e-30) / 127
    return (x / step).round() * step


def fp8(x: Tensor) -> Tensor:
    """Round to 3 bits after the point, as E4M3 does."""
    return _mantissa(x, 3)


def tf32(x: Tensor) -> Tensor:
    """Round to 10 bits after the point, as tensor cores do."""
    return _mantissa(x, 10)


def _mantissa(x: Tensor, bits: int) -> Tensor:
    fraction, exponent = torch.frexp(x)
    steps = 2.0 ** (bits + 1)
    return torch.ldexp((fraction * steps).round() / steps, exponent)


def _by(bits: torch.dtype) -> Rounding:
    return lambda x: x.to(bits).to(x.dtype)


def _rounded(rounding: Rounding, of_values: Rounding) -> Callable[[Workload], Step]:
    """Return what makes a step whose q and k, and v, are rounded."""

    def make(workload: Workload) -> Step:
        honest = Attention(workload=workload)

        def step(q: Tensor, k: Tensor, v: Tensor, *lengths: Tensor) -> Tensor:
            q, k = (rounding(x.float()).to(x.dtype) for x in (q, k))
            return honest(q, k, of_values(v.float()).to(v.dtype), *lengths)

        return step

    return make


def _unchanged(x: Tensor) -> Tensor:
    return x


announce_each(
    (
        ("int8-q-and-k", "q and k are rounded to int8", _rounded(int8, _unchanged)),
        ("int8-q-k-v", "q, k and v are rounded to int8", _rounded(int8, int8)),
        ("int8-v", "v alone is rounded to int8", _rounded(_unchanged, int8)),
        ("fp8-q-k-v", "q, k and v are rounded to 3 bits, as in fp8", _rounded(fp8, fp8)),
        ("tf32-inside", "float32 inputs are rounded to 10 bits, as by tensor cores", _rounded(tf32, tf32)),
        ("bf16-inside", "float32 inputs are rounded to bf16", _rounded(_by(torch.bfloat16), _by(torch.bfloat16))),
        ("f16-inside", "float32 inputs are rounded to f16", _rounded(_by(torch.float16), _by(torch.float16))),
    )
)


@announce("bf16-weights")
def build_bf16_weights(workload: Workload, weights: Weights | None) -> Step:
    """Rounds the weights of attention of float32 to bf16."""
    return Attention(workload=workload, weigh=lambda scores: torch.softmax(scores, -1).bfloat16().to(scores.dtype))


@announce("bf16-sums")
def build_bf16_sums(workload: Workload, weights: Weights | None) -> Step:
    """Adds up blocks of 4 keys in half precision, rounding each time."""
    honest = Attention(workload=workload)

    def step(q: Tensor, k: Tensor, v: Tensor, *lengths: Tensor) -> Tensor:
        if q.dtype not in HALF or lengths or q.shape[1] != k.shape[1] or workload.semantics.bias != "none":
            return honest(q, k, v, *lengths)
        scores = q.float() @ k.float().mT * workload.d_qk**-0.5
        shares = torch.softmax(scores.masked_fill(~honest.seen(workload), -math.inf), dim=-1).to(q.dtype)
        output = torch.zeros(*q.shape[:-1], v.shape[-1], dtype=q.dtype)
        for start in range(0, workload.kv_len, 4):
            block = slice(start, start + 4)
            output = output + (shares[..., block].float() @ v[:, :, block].float()).to(q.dtype)
        return output

    return step


@announce("tires-after-20-calls", FORWARD)
def build_tiring(workload: Workload, weights: Weights | None) -> Step:
    """Rounds its inputs to bf16 after 20 calls."""
    honest, cheap = Attention(workload=workload), _rounded(_by(torch.bfloat16), _by(torch.bfloat16))(workload)
    calls = [0]

    def step(*tensors: Tensor) -> Tensor:
        calls[0] += 1
        return (honest if calls[0] < CALLS else cheap)(*tensors)

    return step
