"""How far rounding carries the numbers of an attention: the variance of what the plain formula gives.

The formula's own error in one row may happen to be nearly 0. What is expected of it there is not: each operation
rounds its result by a random share of one unit in the last place, and errors add up as variances do (Higham and Mary
2019, A New Approach to Probabilistic Rounding Error Analysis). Sums of half precision are held in float32, as
everywhere, and add nothing. All is computed in float64: a square of a weight may be too small for less.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from assay.attention.inputs import DTYPES, Inputs, convert_weights
from assay.attention.reference import alibi, chunks, positive, project, visible, weigh
from assay.plugins.types import Weights
from assay.records.workload import Workload

ONE_ROUNDING = 0.25  # standard deviation, in units in the last place
MOST = 20.0
EXACT_SUMS = (torch.bfloat16, torch.float16)


@dataclass(frozen=True, slots=True)
class Precision:
    """`unit` is the variance of one rounding relative to the square of what is rounded, `tiny` the least normal."""

    unit: float
    tiny: float
    sums_round: float

    @classmethod
    def of(cls, dtype: torch.dtype) -> Precision:
        """Return the precision of a dtype."""
        info = torch.finfo(dtype)
        return cls((ONE_ROUNDING * info.eps) ** 2, info.tiny, 0.0 if dtype in EXACT_SUMS else 1.0)


@dataclass(frozen=True, slots=True)
class Row:
    """What some queries make of their keys: weights, the variance of each score, keys seen."""

    weights: Tensor
    variance: Tensor
    seen: Tensor

    def relative(self) -> Tensor:
        """Return the variance of each weight relative to its square: its own score's, and of the sum that divides."""
        return self.variance + (self.weights.square() * self.variance).sum(dim=-1, keepdim=True)


class Rounding:
    """Variances of the outputs and gradients of a workload on some inputs, in its own precision."""

    def __init__(self, workload: Workload, inputs: Inputs, weights: Weights | None) -> None:
        self.workload = workload
        self.lengths = inputs.lengths
        self.precision = Precision.of(DTYPES[workload.dtype])
        self.weights = convert_weights(weights, Tensor.double)
        self.q, self.k, self.v = project(workload, inputs.map(Tensor.double), self.weights)
        self.linear = workload.semantics.kind == "linear"
        # Errors of what queries, keys and values are made from, where they are not given.
        projected = 0.0 if weights is None else 1.0 + self.precision.sums_round * workload.d_model / 2
        turned = 3.0 if workload.semantics.bias == "rope" else 0.0
        self.of_value, self.of_score = projected, 2.0 * (projected + turned)

    def output(self, rows: Tensor) -> Tensor:
        """Return the variances of the outputs of some queries, in their shape."""
        made = [self._context(part) for part in chunks(self.workload, rows)]
        variance, context = (torch.cat(parts, dim=2) for parts in zip(*made, strict=True))
        if self.weights is None:
            return variance
        variance, joined = (tensor.transpose(1, 2).flatten(-2) for tensor in (variance, context))
        wo = self.weights.wo
        if wo is None:
            return variance
        sums = self.precision.sums_round * joined.shape[-1] / 2 * (joined.square() @ wo.square())
        return variance @ wo.square() + self.precision.unit * ((joined @ wo).square() + sums)

    def gradients(self, upstream: Tensor, rows: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Return the variances of the gradients of q, k and v; of q only those of `rows`, for which k and v lack some.

        With D the sum of w dp over the keys, the gradients are those of the scores, w (dp - D), and of the weights.
        """
        workload, asked = self.workload, torch.arange(self.workload.q_len) if rows is None else rows
        of_q, of_k, of_v = [], torch.zeros_like(self.k), torch.zeros_like(self.v)
        for part in chunks(workload, asked):
            parts = self._backward(upstream.double()[:, :, part], part)
            of_q.append(parts[0])
            of_k += parts[1]
            of_v += parts[2]
        group = (workload.kv_heads, workload.q_heads // workload.kv_heads)
        of_k, of_v = (variance.unflatten(1, group).sum(dim=2) for variance in (of_k, of_v))
        return torch.cat(of_q, dim=2), of_k, of_v

    def _row(self, rows: Tensor) -> Row:
        workload, part = self.workload, self.q[:, :, rows]
        weights = weigh(workload, self.q, self.k, rows, self.lengths).nan_to_num(0.0)
        seen = visible(workload, rows, self.lengths).sum(dim=-1, keepdim=True).to(weights)
        if self.linear:
            return Row(weights, torch.zeros_like(weights) + 4.0 + self._sums(workload.d_qk), seen)
        scale = 1.0 if workload.semantics.scale_is_one else 1.0 / workload.d_qk
        variance = 2.0 * scale * (part @ self.k.mT).square()
        terms = 1.0 + self.of_score + self._sums(workload.d_qk)
        variance += terms * scale * (part.square() @ self.k.square().mT)
        if workload.semantics.bias == "alibi":
            variance += 2.0 * alibi(workload, rows).to(variance).square()
        unit = self.precision.unit  # e to the power of a normal error: to be relative, that must not be small
        return Row(weights, torch.expm1((unit * variance).clamp_max(MOST)) / unit, seen)

    def _context(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Variances and values of the context: each weight w moves the output by w (v - o)."""
        row, v = self._row(rows), self.v
        context, moved = row.weights @ v, row.weights.square() * row.variance
        shifts = moved @ v.square() - 2 * context * (moved @ v) + context.square() * moved.sum(dim=-1, keepdim=True)
        factor = 2.0 + self.of_value + self._sums(row.seen)
        rounded = factor * (self._square(row.weights) @ v.square()) + context.square() * self._same_sign(row.seen)
        return self.precision.unit * (shifts.clamp_min(0.0) + rounded), context

    def _backward(self, upstream: Tensor, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        workload, row, k, v = self.workload, self._row(rows), self.k, self.v
        q = self.q[:, :, rows]
        scale = 1.0 if workload.semantics.scale_is_one else workload.d_qk**-0.5
        weights, keys, square, share = row.weights, row.seen, self._square(row.weights), row.weights * scale
        variance = row.relative()
        if self.linear:
            sums = (positive(q) @ positive(k).mT).masked_fill(weights == 0, 0.0).sum(dim=-1, keepdim=True)
            share = (weights > 0) / sums
            q, k = positive(q), positive(k)
        context, product = weights @ v, upstream @ v.mT
        of_product = product.square() + self._sums(workload.d_v) * (upstream.square() @ v.square().mT)
        mean = (weights * product).sum(dim=-1, keepdim=True)
        away = product - mean
        of_mean = (square * (of_product + product.square() + variance * away.square())).sum(dim=-1, keepdim=True)
        in_rows = (upstream * context).square().sum(dim=-1, keepdim=True)
        of_mean += in_rows * (1.0 + self._sums(workload.d_v)) + mean.square() * self._same_sign(keys)
        moved = (share + self.precision.tiny).square() * (away.square() * (variance + 4.0) + of_product)
        moved += self.precision.tiny**2
        if self.precision.sums_round and not self.linear:
            # Who differentiates the largest score too, which is subtracted, leaves the rounding of a whole row there.
            moved = moved.scatter_add(-1, weights.argmax(dim=-1, keepdim=True), scale**2 * of_mean)
        scores = share * away
        of_q = moved @ k.square() + of_mean * ((share @ k).square() + share.square() @ k.square())
        of_q += self._sums(keys) * (scores.square() @ k.square()) + (scores @ k).square() * self._same_sign(keys)
        queries = self.precision.sums_round * workload.q_len
        turned = (moved + share.square() * of_mean + queries / 2 * scores.square()).mT @ q.square()
        of_k = turned + (1.0 + queries / 3) * (scores.mT @ q).square()
        of_v = (square * (variance + 2.0 + queries / 2)).mT @ upstream.square()
        of_v += (1.0 + queries / 3) * (weights.mT @ upstream).square()
        return self.precision.unit * of_q, self.precision.unit * of_k, self.precision.unit * of_v

    def _square(self, weights: Tensor) -> Tensor:
        """The square of weights to which one rounding is relative: below the least normal number it is absolute."""
        return (weights + self.precision.tiny).square()

    def _sums(self, terms: float | Tensor) -> float | Tensor:
        """What a sum of so many random terms adds, relative to the sum of their squares."""
        return self.precision.sums_round * terms / 2

    def _same_sign(self, terms: Tensor) -> Tensor:
        """One rounding of a sum, and what so many terms of one sign add, relative to the square of the sum."""
        return 1.0 + self.precision.sums_round * terms / 3
