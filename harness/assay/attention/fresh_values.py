"""New values for timed calls, so that what a plugin remembers of an earlier call is wrong in the next one.

Before each batch of calls all values move to other places. Between calls one row of one tensor is written over.
A process that knows the seed of a batch can make the inputs of any call of it again.
"""

from __future__ import annotations

import random

import torch
from torch import Tensor

from assay.attention.inputs import Inputs
from assay.errors import WrongOutput
from assay.records.workload import Workload

MOST_ROWS = 50  # in a batch: writing one takes some 2 microseconds, all of them 2 % of a batch of 5 ms
BANK = 64


class FreshValues:
    """The inputs of timed calls, and of `bwd` and `fwd_bwd` the gradient that each begins with.

    The tensors stay where they are. In phase `bwd` only that gradient changes, since the pass forward is not repeated.
    """

    def __init__(self, workload: Workload, inputs: Inputs, upstream: Tensor | None, seed: int) -> None:
        """Take the tensors that calls are made with; they are written to from now on."""
        own = [] if workload.phase == "bwd" else [tensor for tensor in inputs.tensors if tensor.is_floating_point()]
        distinct = {id(tensor): tensor for tensor in (*own, *([] if upstream is None else [upstream]))}
        self._tensors = list(distinct.values())
        # A padded query has a gradient of zeros, which must stay where they are.
        self._fixed = upstream if workload.semantics.mask == "padding" else None
        self._base = [tensor.clone(memory_format=torch.contiguous_format) for tensor in self._tensors]
        self._rows = [tensor.unbind(-2) for tensor in self._tensors]
        generator = torch.Generator().manual_seed(seed)
        self._bank = [self._drawn(tensor, generator) for tensor in self._base]
        self._places: list[int] = []
        self._turn = self._every = self._left = 0
        self._versions: list[int] = []

    @staticmethod
    def _drawn(base: Tensor, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Rows of numbers that occur in a tensor."""
        shape = (BANK, *base.shape[:-2], base.shape[-1])
        chosen = torch.randint(base.numel(), shape, generator=generator).to(base.device)
        return base.flatten()[chosen].unbind(0)

    def begin(self, seed: int, iterations: int) -> None:
        """Move all values, and draw the rows that are written over in a batch of so many calls."""
        chance = random.Random(seed)
        for tensor, base in zip(self._tensors, self._base, strict=True):
            shift, sign = chance.randrange(base.numel()), chance.choice((1.0, -1.0))
            if tensor is self._fixed:
                torch.mul(base, sign, out=tensor)
            else:
                tensor.copy_(base.flatten().roll(shift).view(base.shape))
        self._places = [chance.randrange(1 << 30) for _ in range(MOST_ROWS)]
        self._every = -(-iterations // MOST_ROWS)
        self._turn = self._left = 0
        self._versions = [tensor._version for tensor in self._tensors]

    def advance(self) -> None:
        """Make the inputs of the next call."""
        if self._left:
            self._left -= 1
            return
        self._left = self._every - 1
        turn = self._turn
        self._turn += 1
        which = turn % len(self._tensors)
        rows, bank = self._rows[which], self._bank[which]
        place = 0 if self._tensors[which] is self._fixed else self._places[turn % MOST_ROWS] % len(rows)
        rows[place].copy_(bank[turn % BANK])
        self._versions[which] += 1

    def at(self, seed: int, iterations: int, call: int) -> None:
        """Make the inputs of a call of a batch, counted from 0."""
        self.begin(seed, iterations)
        for _ in range(call + 1):
            self.advance()

    def check_unchanged(self) -> None:
        """Raise `WrongOutput` where another wrote to the tensors since the batch began."""
        if self._versions != [tensor._version for tensor in self._tensors]:
            raise WrongOutput("inputs: the inputs were changed while it was timed")
