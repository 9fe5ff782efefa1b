"""Faults in scores and softmax: many show only where scores are large, low, or alike."""

from __future__ import annotations

import torch
from torch import Tensor

from assay import Weights, Workload
from redteam.announced import FORWARD, Step, announce, announce_each
from redteam.definition import Attention, with_changes


def _without_maximum(scores: Tensor) -> Tensor:
    weights = scores.exp()
    return weights / weights.sum(dim=-1, keepdim=True)


def _with_epsilon(scores: Tensor) -> Tensor:
    weights = (scores - scores.amax(dim=-1, keepdim=True)).exp()
    return weights / (weights.sum(dim=-1, keepdim=True) + 1e-6)


def _with_sink(scores: Tensor) -> Tensor:
    largest = scores.amax(dim=-1, keepdim=True)
    weights = (scores - largest).exp()
    return weights / (weights.sum(dim=-1, keepdim=True) + (-largest).exp())


def _over_rows(scores: Tensor) -> Tensor:
    """Subtract one maximum for all: rows far below it underflow."""
    weights = (scores - scores.amax()).exp()
    return weights / weights.sum(dim=-1, keepdim=True)


def _polynomial(scores: Tensor) -> Tensor:
    """Compute 2^x by a polynomial of degree 3 for the fraction."""
    x = (scores - scores.amax(dim=-1, keepdim=True)) * 1.4426950408889634
    whole = x.floor().clamp_min(-126.0)
    part = x - whole
    weights = (1 + part * (0.695556856 + part * (0.226173572 + part * 0.0781455737))) * whole.exp2()
    weights = weights.masked_fill(x < -126.0, 0.0)
    return weights / weights.sum(dim=-1, keepdim=True)


def _thresholded(scores: Tensor) -> Tensor:
    """Leave out what weighs less than a thousandth."""
    weights = torch.softmax(scores, dim=-1)
    return weights.masked_fill(weights < 1e-3, 0.0)


def _cap(limit: float) -> object:
    return lambda scores: limit * (scores / limit).tanh()


def _padded_scale(workload: Workload) -> float:
    """Return the scale of the width that a kernel pads to, a power of two."""
    return float((1 << (workload.d_qk - 1).bit_length()) ** -0.5)


announce_each(
    (
        ("no-maximum", "softmax without subtracting the maximum", with_changes(weigh=_without_maximum)),
        ("one-maximum-for-all", "softmax that subtracts one maximum of all rows", with_changes(weigh=_over_rows)),
        ("epsilon-in-sum", "softmax with 1e-6 added to the sum", with_changes(weigh=_with_epsilon)),
        ("attention-sink", "softmax with one more key of score 0", with_changes(weigh=_with_sink)),
        (
            "polynomial-exp",
            "softmax with a cubic polynomial for the exponential",
            with_changes(weigh=_polynomial),
        ),
        ("drops-small-weights", "weights below a thousandth are left out", with_changes(weigh=_thresholded)),
        ("soft-cap-30", "scores are capped softly at 30", with_changes(change=_cap(30.0))),
        ("soft-cap-50", "scores are capped softly at 50", with_changes(change=_cap(50.0))),
        ("clamp-8", "scores are clamped to 8", with_changes(change=lambda scores: scores.clamp(-8.0, 8.0))),
        ("clamp-40", "scores are clamped to 40", with_changes(change=lambda scores: scores.clamp(-40.0, 40.0))),
        ("fill-10", "masked scores are -10", with_changes(fill=-10.0)),
        ("fill-50", "masked scores are -50", with_changes(fill=-50.0)),
        ("fill-1000", "masked scores are -1000", with_changes(fill=-1000.0)),
        ("scale-3-percent-off", "the scale is 3 % too small", with_changes(scale=lambda w: 0.97 * w.d_qk**-0.5)),
        ("scale-of-width-64", "the scale is 0.125, whatever the width", with_changes(scale=lambda w: 0.125)),
        ("scale-of-padded-width", "the scale is that of the next power of two", with_changes(scale=_padded_scale)),
    )
)


@announce("adds-key-position", FORWARD)
def build_key_position(workload: Workload, weights: Weights | None) -> Step:
    """Adds a millionth of its position to the score of each key."""
    return Attention(workload=workload, change=lambda scores: scores + 1e-6 * torch.arange(workload.kv_len))
