"""Spot checks of the outputs of timed calls: every 61st number of one of them, which takes less than a call."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from assay.attention.fresh_values import FreshValues
from assay.errors import WrongOutput

STRIDE = 61
UNITS = 4.0

SpotCheck = Callable[[Sequence[object]], None]


def spot_checker(expected: Tensor) -> SpotCheck:
    """Make a spot check: outputs should be as before, to 4 units in the last place of their row's largest number.

    Offset and call go round from one check to the next. It raises `WrongOutput`.
    """
    kept = expected.detach().flatten().clone()
    largest = expected.detach().abs().nan_to_num(0.0).amax(dim=-1, keepdim=True)
    slack = (UNITS * torch.finfo(expected.dtype).eps * largest).expand_as(expected).flatten()
    offsets = itertools.count()

    def check(outputs: Sequence[object]) -> None:
        turn = next(offsets)
        offset, output = turn % STRIDE, outputs[turn % len(outputs)]
        if not isinstance(output, Tensor) or output.numel() != kept.numel():
            raise WrongOutput("a timed call gives an output of another shape")
        now = output.detach().flatten()[offset::STRIDE]
        if not bool(((now - kept[offset::STRIDE]).abs() <= slack[offset::STRIDE]).all()):
            raise WrongOutput("a timed call gives another output than before")

    return check


class AnswerCheck:
    """Looks at what a batch of timed calls gave: plain tensors of one shape, which stay as they were returned."""

    def __init__(self, fresh: FreshValues) -> None:
        """With the values that the calls are made with."""
        self._fresh = fresh
        self._last: tuple[Tensor, ...] = ()
        self._early: list[Tensor] = []

    def begin(self, seed: int, iterations: int) -> None:
        """Make the values of the next batch of so many calls."""
        self._check_last()
        self._last, self._early = (), []
        self._fresh.begin(seed, iterations)

    def check(self, outputs: Sequence[object]) -> None:
        """Raise `WrongOutput` for a batch that changed its inputs, or gave what is not a plain tensor."""
        self._fresh.check_unchanged()
        found = [_tensors(output) for output in outputs]
        if any([tensor.shape for tensor in each] != [tensor.shape for tensor in found[0]] for each in found):
            raise WrongOutput("timed: a timed call gives an output of another shape")
        self._last = found[-1]
        self._early = [tensor.detach().flatten()[::STRIDE].clone() for tensor in self._last]

    def answer(self, outputs: Sequence[object], call: int) -> tuple[Tensor, ...]:
        """Return what one of the calls gave, of which only the last may be known."""
        self._check_last()
        return _tensors(outputs[min(call, len(outputs) - 1)])

    def _check_last(self) -> None:
        """A thread that goes on with the work after a call has returned writes to its output later."""
        for tensor, early in zip(self._last, self._early, strict=True):
            if not torch.equal(tensor.detach().flatten()[::STRIDE].nan_to_num(), early.nan_to_num()):
                raise WrongOutput("timed: an output changed after it was returned")


def _tensors(output: object) -> tuple[Tensor, ...]:
    several = output if isinstance(output, tuple) else (output,)
    for tensor in several:
        if type(tensor) not in (Tensor, torch.nn.Parameter):  # others could compute when they are looked at
            raise WrongOutput(f"timed: a timed call gives {type(tensor).__name__}, not a plain tensor")
    return several
