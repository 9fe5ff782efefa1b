"""Right implementations that look unlike the definition: none may be refused."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from assay import Supports, Weights, Workload
from redteam.announced import DROPPING, FORWARD, GRADIENTS, SEMANTICS, Step, announce, announce_each
from redteam.definition import Attention, repeat_heads, softmax, visible, with_changes

BLOCK = 32
MERGED = Supports(**SEMANTICS | {"masks": ("none", "causal", "window"), "biases": ("none",)}, dropout=False)


def _reciprocal(scores: Tensor) -> Tensor:
    weights = (scores - scores.amax(dim=-1, keepdim=True)).exp()
    return weights * (1.0 / weights.sum(dim=-1, keepdim=True))


def _by_logarithm(scores: Tensor) -> Tensor:
    return torch.log_softmax(scores, dim=-1).exp()


def _in_float64(scores: Tensor) -> Tensor:
    return softmax(scores.double()).to(scores.dtype)


announce_each(
    (
        ("right", "the definition", with_changes()),
        ("right-reciprocal", "softmax by the reciprocal of the sum", with_changes(weigh=_reciprocal)),
        ("right-log-softmax", "softmax by its logarithm", with_changes(weigh=_by_logarithm)),
        ("right-float64-softmax", "softmax in float64", with_changes(weigh=_in_float64)),
    )
)


@announce("right-flash", GRADIENTS, empty_rows="zero")
def build_flash(workload: Workload, weights: Weights | None) -> Step:
    """Online softmax over blocks of 32 keys, by powers of two."""
    seen, group = visible(workload), workload.q_heads // workload.kv_heads
    scale = workload.d_qk**-0.5 * math.log2(math.e)

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        k, v = repeat_heads(k, group), repeat_heads(v, group)
        output = torch.zeros(*q.shape[:-1], workload.d_v)
        largest = torch.full((*q.shape[:-1], 1), -1e30)
        total = torch.zeros_like(largest)
        for start in range(0, workload.kv_len, BLOCK):
            block = slice(start, start + BLOCK)
            scores = (q.float() @ k[:, :, block].float().mT * scale).masked_fill(~seen[:, block], -math.inf)
            new = torch.maximum(largest, scores.amax(dim=-1, keepdim=True)).detach()
            shares, fading = torch.exp2(scores - new), torch.exp2(largest - new)
            total = total * fading + shares.sum(dim=-1, keepdim=True)
            output = output * fading + shares.to(q.dtype).float() @ v[:, :, block].float()
            largest = new
        return torch.where(total > 0, output / total, 0.0).to(q.dtype)

    return step


@announce("right-merged-splits", MERGED)
def build_merged_splits(workload: Workload, weights: Weights | None) -> Step:
    """Attention over three parts of the keys, merged by their maxima and sums."""
    seen, group = visible(workload), workload.q_heads // workload.kv_heads

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        k, v = repeat_heads(k, group).float(), repeat_heads(v, group).float()
        maxima, sums, outputs = [], [], []
        for places in torch.arange(workload.kv_len).tensor_split(min(3, workload.kv_len)):
            scores = (q.float() @ k[:, :, places].mT * workload.d_qk**-0.5).masked_fill(~seen[:, places], -math.inf)
            maxima.append(scores.amax(dim=-1, keepdim=True).clamp_min(-1e30))
            shares = (scores - maxima[-1]).exp()
            sums.append(shares.sum(dim=-1, keepdim=True))
            outputs.append(shares @ v[:, :, places])
        largest = torch.stack(maxima).amax(dim=0)
        factors = (torch.stack(maxima) - largest).exp()
        total = (torch.stack(sums) * factors).sum(dim=0)
        return ((torch.stack(outputs) * factors).sum(dim=0) / total).to(q.dtype)

    return step


@announce("right-prescaled-q")
def build_prescaled(workload: Workload, weights: Weights | None) -> Step:
    """Scales q before the product, in its own precision."""
    rest = Attention(workload=workload, scale=lambda workload: 1.0)
    return lambda q, *others: rest(q * workload.d_qk**-0.5, *others)


@announce("right-float64-inside")
def build_float64(workload: Workload, weights: Weights | None) -> Step:
    """Computes in float64."""
    rest = Attention(workload=workload)
    return lambda q, k, v, *lengths: rest(q.double(), k.double(), v.double(), *lengths).to(q.dtype)


@announce("right-single-key")
def build_single_key(workload: Workload, weights: Weights | None) -> Step:
    """Returns v where there is one key, since its weight is 1."""
    rest = Attention(workload=workload)

    def step(q: Tensor, k: Tensor, v: Tensor, *lengths: Tensor) -> Tensor:
        if workload.kv_len > 1 or workload.q_len > 1 or workload.semantics.dropout:
            return rest(q, k, v, *lengths)
        return repeat_heads(v, workload.q_heads // workload.kv_heads).clone()

    return step


@announce("right-cached-mask", FORWARD)
def build_cached_mask(workload: Workload, weights: Weights | None) -> Step:
    """Keeps the mask of each shape from call to call."""
    masks: dict[tuple[int, int], Tensor] = {}

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        shape = (q.shape[2], k.shape[2])
        if shape not in masks:
            masks[shape] = ~visible(workload)
        scores = (q.float() @ k.float().mT * workload.d_qk**-0.5).masked_fill_(masks[shape], -math.inf)
        return (softmax(scores) @ v.float()).to(q.dtype)

    return step


@announce("right-scratch-per-call", FORWARD)
def build_scratch(workload: Workload, weights: Weights | None) -> Step:
    """Allocates its scores in each call, and computes in place."""
    hidden = ~visible(workload)

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        scores = torch.empty(*q.shape[:3], k.shape[2])
        torch.matmul(q.float(), k.float().mT, out=scores)
        scores.mul_(workload.d_qk**-0.5).masked_fill_(hidden, -math.inf)
        scores.sub_(scores.amax(dim=-1, keepdim=True)).exp_()
        scores.div_(scores.sum(dim=-1, keepdim=True))
        return (scores @ v.float()).to(q.dtype)

    return step


@announce("right-keys-first", FORWARD)
def build_keys_first(workload: Workload, weights: Weights | None) -> Step:
    """Computes the transposed product, and hands over a transposed output."""
    hidden = ~visible(workload).mT

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        scores = (k.float() @ q.float().mT * workload.d_qk**-0.5).masked_fill(hidden, -math.inf)
        return (v.float().mT @ torch.softmax(scores, dim=-2)).to(q.dtype).mT

    return step


@announce("right-head-by-head", FORWARD)
def build_head_by_head(workload: Workload, weights: Weights | None) -> Step:
    """Computes each head of each item by itself."""
    one = Attention(workload=workload)

    def step(*tensors: Tensor) -> Tensor:
        heads = [
            one(*(x[item : item + 1, head : head + 1] for x in tensors))
            for item in range(workload.batch)
            for head in range(workload.q_heads)
        ]
        return torch.cat(heads, dim=1).view(workload.batch, workload.q_heads, workload.q_len, workload.d_v)

    return step


@announce("right-torch", FORWARD)
def build_torch(workload: Workload, weights: Weights | None) -> Step:
    """Calls PyTorch's own kernel."""
    causal = workload.semantics.mask == "causal"
    return lambda q, k, v: torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)


@announce("right-own-dropout", DROPPING)
def build_own_dropout(workload: Workload, weights: Weights | None) -> Step:
    """Draws dropout from a generator of its own."""
    generator = torch.Generator().manual_seed(20_260)

    def drop(weights: Tensor, share: float) -> Tensor:
        return weights * (torch.rand(weights.shape, generator=generator) >= share) / (1.0 - share)

    return Attention(workload=workload, drop=drop)
