"""New values for timed calls, so that what a plugin remembers of an earlier call is wrong in the next one.

A batch of calls is timed in parts, and the clock stands still between them. Before each part a row of every tensor is
written over, and before some of them all values move to other places. A process that knows the seed of a batch can make
the inputs of any call of it again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from torch import Tensor

from assay.attention.inputs import Inputs
from assay.errors import WrongOutput
from assay.records.workload import Workload

MOST_PARTS = 12  # each costs some 4 microseconds within the clock, all of them 1 % of a batch of 5 ms
MOST_MOVES = 5
BANK = 64  # rows


class FreshValues:
    """The inputs of timed calls, and of `bwd` and `fwd_bwd` the gradient that each begins with.

    The tensors stay where they are. In phase `bwd` only that gradient changes, since the pass forward is not repeated.
    """

    def __init__(self, workload: Workload, inputs: Inputs, upstream: Tensor | None, seed: int) -> None:
        """Take the tensors that calls are made with, each in one piece; they are written to from now on."""
        own = [] if workload.phase == "bwd" else [tensor for tensor in inputs.tensors if tensor.is_floating_point()]
        distinct = {id(tensor): tensor for tensor in (*own, *([] if upstream is None else [upstream]))}
        self._tensors = list(distinct.values())
        # A padded query has a gradient of zeros, which must stay where they are.
        self._fixed = upstream if workload.semantics.mask == "padding" else None
        self._base = [tensor.clone() for tensor in self._tensors]
        self._rows = [tensor.unbind(-2) for tensor in self._tensors]
        generator = torch.Generator().manual_seed(seed)
        self._bank = [self._drawn(tensor, generator) for tensor in self._base]
        self._on_gpu = workload.device.startswith("cuda")
        self._chance = random.Random(seed)
        self._part, self._moves_every = 0, 1
        self._versions: list[int] = []
        self._query: int | None = None

    @staticmethod
    def _drawn(base: Tensor, generator: torch.Generator) -> Tensor:
        """Numbers that occur in a tensor, without the zeros of padded queries: enough for some rows."""
        known = base[base != 0]
        number = BANK * base.numel() // base.shape[-2]
        return known[torch.randint(known.numel(), (number,), generator=generator).to(base.device)]

    def begin(self, seed: int, iterations: int) -> None:
        """Begin a batch of so many calls."""
        self._chance = random.Random(seed)
        self._part, self._moves_every = 0, -(-len(part_sizes(iterations)) // MOST_MOVES)
        self._versions = [tensor._version for tensor in self._tensors]

    def prepare(self) -> None:
        """Make the values of the next part of the batch."""
        self.check_unchanged()
        if self._part % self._moves_every == 0:
            self._move()
        self._write_rows()
        self._part += 1
        self._versions = [tensor._version for tensor in self._tensors]

    def at(self, seed: int, iterations: int, call: int) -> None:
        """Make the inputs of a call of a batch, counted from 0; on a GPU a batch is one part."""
        self.begin(seed, iterations)
        self.prepare()
        for size in () if self._on_gpu else part_sizes(iterations):
            call -= size
            if call < 0:
                return
            self.prepare()

    @property
    def query(self) -> int | None:
        """The query whose row was written over last; None where queries do not change."""
        return self._query

    def check_unchanged(self) -> None:
        """Raise `WrongOutput` where another wrote to the tensors."""
        if self._versions != [tensor._version for tensor in self._tensors]:
            raise WrongOutput("inputs: the inputs were changed while it was timed")

    def _move(self) -> None:
        for tensor, base in zip(self._tensors, self._base, strict=True):
            shift, sign = self._chance.randrange(base.numel()), self._chance.choice((1.0, -1.0))
            if tensor is self._fixed:
                torch.mul(base, sign, out=tensor)
            else:
                to, source = tensor.view(-1), base.view(-1)
                to[shift:].copy_(source[: len(source) - shift])
                to[:shift].copy_(source[len(source) - shift :])

    def _write_rows(self) -> None:
        """Write over a row of each tensor with numbers from its bank."""
        for tensor, rows, bank in zip(self._tensors, self._rows, self._bank, strict=True):
            place = 0 if tensor is self._fixed else self._chance.randrange(len(rows))
            start = self._chance.randrange(len(bank) - rows[place].numel())
            rows[place].copy_(bank[start : start + rows[place].numel()].view(rows[place].shape))
            if tensor is self._tensors[0]:
                self._query = place


def part_sizes(iterations: int) -> Sequence[int]:
    """Return the calls of each part of a batch, at most 12 parts."""
    parts = min(iterations, MOST_PARTS)
    least, more = divmod(iterations, parts)
    return [least + (part < more) for part in range(parts)]
