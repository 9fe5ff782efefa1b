"""Spot checks of the outputs of timed calls: every 61st number of one of them, which takes less than a call."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from assay.errors import WrongOutput

STRIDE = 61
UNITS = 4.0

SpotCheck = Callable[[Sequence[object]], None]


def spot_checker(expected: Sequence[Tensor], wide: Tensor | None, *, random: bool = False) -> SpotCheck:
    """Make a spot check: outputs should be as before, to 4 units in the last place of their row's largest number.

    `wide` is set where the first of the tensors is looked at, everywhere for None; of gradients the largest number of
    all counts. `random` outputs must only be finite. Offset and call go round from one check to the next. It
    raises `WrongOutput`.
    """
    kept = [tensor.detach().flatten().clone() for tensor in expected]
    slack = [_slack(tensor, by_row=number == 0).flatten() for number, tensor in enumerate(expected)]
    seen = [torch.ones_like(tensor, dtype=torch.bool).flatten() for tensor in expected]
    if wide is not None:
        seen[0] = wide.expand_as(expected[0]).flatten()
    offsets = itertools.count()

    def check(outputs: Sequence[object]) -> None:
        turn = next(offsets)
        offset, output = turn % STRIDE, outputs[turn % len(outputs)]
        several = output if isinstance(output, tuple) else (output,)
        found = [tensor for tensor in several if isinstance(tensor, Tensor)]
        if [tensor.numel() for tensor in found] != [tensor.numel() for tensor in kept]:
            raise WrongOutput("a timed call gives an output of another shape")
        for tensor, before, near, counts in zip(found, kept, slack, seen, strict=True):
            now = tensor.detach().flatten()[offset::STRIDE]
            right = now.isfinite() if random else (now - before[offset::STRIDE]).abs() <= near[offset::STRIDE]
            if not bool((right | ~counts[offset::STRIDE]).all()):
                raise WrongOutput("a timed call gives another output than before")

    return check


def _slack(tensor: Tensor, *, by_row: bool) -> Tensor:
    size = tensor.detach().abs().nan_to_num(0.0)
    largest = size.amax(dim=-1, keepdim=True) if by_row else size.amax()
    return (UNITS * torch.finfo(tensor.dtype).eps * largest).expand_as(tensor)
