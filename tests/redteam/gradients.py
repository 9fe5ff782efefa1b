"""A backward pass by hand, and faults in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from assay import Workload
from redteam.announced import GRADIENTS, Step, announce_each
from redteam.definition import visible

Gradients = tuple[Tensor, Tensor, Tensor]
Fault = Callable[[Workload, Tensor, Gradients], Gradients]


def _by_hand(fault: Fault, *, group: str = "sum", delta: bool = True) -> Callable[[Workload], Step]:
    """Return what makes a step with a backward pass of its own; `group` is how query heads add up for a key head."""

    def make(workload: Workload) -> Step:
        number, scale, hidden = workload.q_heads // workload.kv_heads, workload.d_qk**-0.5, ~visible(workload)

        class ByHand(torch.autograd.Function):
            """Attention with its derivative."""

            @staticmethod
            def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
                """Compute the output, and keep the weights."""
                k, v = k.repeat_interleave(number, dim=1), v.repeat_interleave(number, dim=1)
                weights = torch.softmax((q @ k.mT * scale).masked_fill(hidden, -math.inf), dim=-1)
                output = weights @ v
                ctx.save_for_backward(q, k, v, weights, output)
                return output

            @staticmethod
            def backward(ctx: Any, *upstream: Tensor) -> Gradients:
                """Compute the gradients of q, k and v."""
                q, k, v, weights, output = ctx.saved_tensors
                inner = upstream[0] @ v.mT
                if delta:
                    inner = inner - (upstream[0] * output).sum(dim=-1, keepdim=True)
                of_scores = weights * inner * scale
                of_k, of_v = (
                    x.unflatten(1, (workload.kv_heads, number)) for x in (of_scores.mT @ q, weights.mT @ upstream[0])
                )
                added = {"sum": lambda x: x.sum(dim=2), "first": lambda x: x[:, :, 0], "mean": lambda x: x.mean(dim=2)}
                gradients = of_scores @ k, added[group](of_k), added[group](of_v)
                return fault(workload, upstream[0], tuple(x.contiguous() for x in gradients))

        return lambda q, k, v: ByHand.apply(q, k, v)

    return make


def _right(workload: Workload, upstream: Tensor, gradients: Gradients) -> Gradients:
    return gradients


def _tail(workload: Workload, upstream: Tensor, gradients: Gradients) -> Gradients:
    whole = workload.kv_len // 64 * 64 or workload.kv_len
    for gradient in gradients[1:]:
        gradient[:, :, whole:] = 0
    return gradients


def _halved(workload: Workload, upstream: Tensor, gradients: Gradients) -> Gradients:
    upstream.mul_(0.5)
    return gradients


def _unscaled(workload: Workload, upstream: Tensor, gradients: Gradients) -> Gradients:
    return gradients[0] / workload.d_qk**-0.5, *gradients[1:]


def _coarse(workload: Workload, upstream: Tensor, gradients: Gradients) -> Gradients:
    of_q, of_k, of_v = (gradient.bfloat16().to(gradient.dtype) for gradient in gradients)
    return of_q, of_k, of_v


def _dense_upstream(workload: Workload) -> Step:
    """Read the upstream gradient as if it were contiguous."""
    right = _by_hand(_right)(workload)

    class Read(torch.autograd.Function):
        """The identity, whose derivative reads memory in order."""

        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            """Return the same."""
            return x.clone()

        @staticmethod
        def backward(ctx: Any, *upstream: Tensor) -> Tensor:
            """Read it."""
            x = upstream[0]
            strides = torch.empty(x.shape, device="meta").stride()
            return torch.as_strided(x, x.shape, strides, x.storage_offset()).clone()

    return lambda *tensors: Read.apply(right(*tensors))


announce_each(
    (
        ("right-backward-by-hand", "a backward pass by hand", _by_hand(_right)),
        ("backward-keys-beyond-64", "gradients of keys beyond whole blocks of 64 are zeros", _by_hand(_tail)),
        ("backward-spoils-upstream", "the gradient of the output is halved in place", _by_hand(_halved)),
        ("backward-q-unscaled", "the gradient of q lacks the scale", _by_hand(_unscaled)),
        ("backward-in-bf16", "gradients are rounded to bf16", _by_hand(_coarse)),
        ("backward-no-delta", "the derivative of softmax lacks its second part", _by_hand(_right, delta=False)),
        ("backward-first-of-group", "a key head gets the gradient of one query head", _by_hand(_right, group="first")),
        ("backward-mean-of-group", "a key head gets the mean over its query heads", _by_hand(_right, group="mean")),
        ("backward-dense-upstream", "the gradient of the output is taken to be contiguous", _dense_upstream),
    ),
    GRADIENTS,
)
