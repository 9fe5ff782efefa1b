"""Whether an output is as near to float64 as the plain formula in its precision, row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from assay.attention.reference import widened
from assay.errors import WrongOutput

FACTOR = 2.0
LEAST_FOR_MEAN = 4096
MOST_NOISE = MOST_OF_CALLS = 1.5
SIGMAS, SIGMAS_OF_HALF = 8.0, 4.0
LOOSE = 0.25
HALF = (torch.bfloat16, torch.float16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Largest absolute differences from float64: of a step, of the definition in its precision, and allowed."""

    step: float
    naive: float
    allowed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An output or gradient by its name: what a step found, the definition in its precision, and float64.

    `mask` [batch or 1, rows] is set where it is looked at, everywhere for None. `variance` computes that of rounding:
    for rows by their place, or for all for None. `rows` are the queries that the rows stand for.
    """

    name: str
    found: Tensor
    plain: Tensor
    exact: Tensor
    variance: Callable[[Tensor | None], Tensor]
    mask: Tensor | None
    rows: Tensor

    def compare(self, *, mean: bool) -> Errors:
        """Raise `WrongOutput` unless every row, and with `mean` every head as a whole, is near enough."""
        wide = None if self.mask is None else widened(self.mask, self.exact)
        found, plain, largest = (
            tensor if wide is None else torch.where(wide, tensor, 0.0)
            for tensor in (self.found.double() - self.exact, self.plain.double() - self.exact, self.exact.abs())
        )
        plain = plain.nan_to_num(0.0, 0.0, 0.0)  # where the plain formula breaks down, it allows nothing
        error, usual = found.abs(), plain.abs().amax(dim=-1, keepdim=True)
        info = torch.finfo(self.found.dtype)
        least = ulps(self.found.dtype) * info.eps * largest.amax(dim=-1, keepdim=True) + smallest(self.found.dtype)
        allowed = FACTOR * usual + least
        wrong = ~(error <= allowed)  # a NaN is never within bounds
        if wrong.any():
            suspects = wrong.any(dim=-1).flatten(0, -2).any(dim=0).nonzero()[:, 0]
            spread = self.variance(suspects).amax(dim=-1, keepdim=True).double().sqrt()
            axis = wrong.ndim - 2
            allowed = allowed.index_copy(
                axis, suspects, torch.maximum(allowed.index_select(axis, suspects), self._sigmas() * spread)
            )
            self._refuse(error, allowed)
        if mean:
            self._compare_means(found, plain)
        return Errors(step=error.max().item(), naive=usual.max().item(), allowed=allowed.max().item())

    def compare_loosely(self) -> Errors:
        """Raise `WrongOutput` unless the errors are within a quarter of what is there: for an approximation."""
        wide = None if self.mask is None else widened(self.mask, self.exact)
        found, plain, size = (
            tensor if wide is None else torch.where(wide, tensor, 0.0)
            for tensor in (self.found.double() - self.exact, self.plain.double() - self.exact, self.exact)
        )
        share = (found.square().mean() / size.square().mean().clamp_min(torch.finfo(torch.float64).tiny)).sqrt().item()
        if not share <= LOOSE:
            raise WrongOutput(f"reference: the {self.name} is wrong by {share:.2g} of its size, for an approximation")
        return Errors(step=found.abs().max().item(), naive=plain.abs().max().item(), allowed=LOOSE)

    def compare_means(self) -> None:
        """Raise `WrongOutput` unless the errors of many calls are near enough in the mean, whatever those of each are.

        Half precision has less room than elsewhere: the plain formula rounds after each operation, and right
        implementations of one query were seen to be off by 0.8 to 1.0 times as much, a cache of int8 by 1.8.
        """
        found, plain = self.found.double() - self.exact, self.plain.double() - self.exact
        if self.found.dtype in HALF:
            self._refuse_means(found, plain, MOST_OF_CALLS * _root_mean_square(plain))
        else:
            self._compare_means(found, plain)

    def _sigmas(self) -> float:
        """Standard deviations of rounding that are allowed, by what right implementations were seen to need."""
        return (SIGMAS_OF_HALF if self.found.dtype in HALF else SIGMAS) * (1.0 if self.mask is not None else 1.5)

    def _refuse(self, error: Tensor, allowed: Tensor) -> None:
        wrong = ~(error <= allowed)
        if not wrong.any():
            return
        where = wrong.nonzero()[0].tolist()
        bound = allowed[(*where[:-1], 0)].item()
        got, wanted = (tensor[tuple(where)].item() for tensor in (self.found, self.exact))
        where[-2] = self.rows[where[-2]].item()
        raise WrongOutput(
            f"reference: wrong {self.name}, first at {where}: {got:.6g} instead of {wanted:.6g}"
            f" (largest error {error.max().item():.3g}, allowed here {bound:.3g})"
        )

    def _compare_means(self, found: Tensor, plain: Tensor) -> None:
        """Errors that no row shows by itself show in all rows of a head: a scale that is wrong by 1 %."""
        if found.shape[-1] * found.shape[-2] < LEAST_FOR_MEAN:
            return
        usual = _root_mean_square(plain)
        if bool((_root_mean_square(found) <= FACTOR * usual).all()):
            return
        spread = self.variance(None).double()
        if self.mask is not None:
            spread = torch.where(widened(self.mask, spread), spread, 0.0)
        expected = spread.mean(dim=(-2, -1)).sqrt()
        self._refuse_means(found, plain, torch.maximum(FACTOR * usual, MOST_NOISE * expected))

    def _refuse_means(self, found: Tensor, plain: Tensor, allowed: Tensor) -> None:
        error, usual = _root_mean_square(found), _root_mean_square(plain)
        wrong = ~(error <= allowed)
        if wrong.any():
            where = tuple(wrong.nonzero()[0].tolist())
            raise WrongOutput(
                f"reference: wrong {self.name}: its errors at {list(where)} are {error[where].item():.3g} in the root"
                f" mean square, and {usual[where].item():.3g} those of the plain formula in the same precision"
            )


def _root_mean_square(tensor: Tensor) -> Tensor:
    """Of each head, over its rows and width."""
    return tensor.square().mean(dim=(-2, -1)).sqrt()


def join(answers: Sequence[Answer]) -> Answer:
    """Lay answers of several calls after one another, each an output [..., rows, width] without a mask."""
    found, plain, exact = (
        torch.cat([getattr(answer, name) for answer in answers], dim=-2) for name in ("found", "plain", "exact")
    )

    def variance(suspects: Tensor | None) -> Tensor:
        whole = torch.cat([answer.variance(None) for answer in answers], dim=-2)
        return whole if suspects is None else whole.index_select(whole.ndim - 2, suspects)

    return replace(
        answers[0], found=found, plain=plain, exact=exact, variance=variance, mask=None, rows=torch.arange(len(answers))
    )


def ulps(dtype: torch.dtype) -> float:
    """Return how many units in the last place of a row's largest number are allowed in any case."""
    return 2.0 if dtype in HALF else 6.0


def smallest(dtype: torch.dtype) -> float:
    """Return what may be lost where numbers are too small to be normal, or are made 0 by who does without those."""
    info = torch.finfo(dtype)
    return 4.0 * info.tiny * info.eps if dtype == torch.float16 else 1e4 * info.tiny
