"""New values for timed calls, so that what a plugin remembers of an earlier call is wrong in the next one.

Before each batch of calls all values move to other places. Between calls one row of one tensor is written over.
A process that knows the seed of a batch can make the inputs of any call of it again.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from assay.attention.inputs import Inputs
from assay.errors import WrongOutput
from assay.records.workload import Workload

MOST_ROWS = 12  # in a batch: writing one takes some 3 microseconds, all of them 1 % of a batch of 5 ms
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
        self._plan: list[tuple[int, int, Callable[[Tensor], object], Tensor]] = []
        self._on_gpu = workload.device.startswith("cuda")
        self._made = 0
        self._every = 1
        self._versions: list[int] = []

    @staticmethod
    def _drawn(base: Tensor, generator: torch.Generator) -> Tensor:
        """Rows of numbers that occur in a tensor, without the zeros of padded queries."""
        shape, known = (BANK, *base.shape[:-2], base.shape[-1]), base[base != 0]
        return known[torch.randint(known.numel(), shape, generator=generator).to(base.device)]

    def begin(self, seed: int, iterations: int) -> None:
        """Move all values, and draw the rows that are written over in a batch of so many calls."""
        chance = random.Random(seed)
        for tensor, base in zip(self._tensors, self._base, strict=True):
            shift, sign = chance.randrange(base.numel()), chance.choice((1.0, -1.0))
            if tensor is self._fixed:
                torch.mul(base, sign, out=tensor)
            else:
                tensor.copy_(base.flatten().roll(shift).view(base.shape))
        self._every = -(-iterations // MOST_ROWS)
        # A tensor of a single row has no other values than these: they must be new in each batch too.
        banks = [bank.flatten().roll(chance.randrange(bank.numel())).view(bank.shape).unbind(0) for bank in self._bank]
        order = chance.sample(range(BANK), MOST_ROWS)  # no row twice
        self._plan = [self._drawn_write(turn, [bank[row] for bank in banks], chance) for turn, row in enumerate(order)]
        self._made = 0
        self._versions = [tensor._version for tensor in self._tensors]

    def calls(self, call: Callable[[], object], iterations: int) -> Iterator[Callable[[], object]]:
        """Return the calls of a batch: a row is written over before the first, and before others evenly spread."""

        def advanced() -> object:
            self.advance()
            return call()

        return itertools.islice(itertools.cycle((advanced, *itertools.repeat(call, self._every - 1))), iterations)

    def advance(self) -> None:
        """Write over the next row."""
        _, _, write, row = self._plan[self._made]
        write(row)
        self._made += 1

    def at(self, seed: int, iterations: int, call: int) -> None:
        """Make the inputs of a call of a batch, counted from 0; on a GPU they change between batches only."""
        self.begin(seed, iterations)
        for _ in range(0 if self._on_gpu else call // self._every + 1):
            self.advance()

    @property
    def query(self) -> int | None:
        """The query whose row was written over last; None where it was another tensor's, or none."""
        which, place, _, _ = self._plan[self._made - 1]
        return place if self._made and which == 0 else None

    def check_unchanged(self) -> None:
        """Raise `WrongOutput` where another wrote to the tensors since the batch began."""
        own = Counter(which for which, *_ in self._plan[: self._made])
        expected = [version + own[which] for which, version in enumerate(self._versions)]
        if expected != [tensor._version for tensor in self._tensors]:
            raise WrongOutput("inputs: the inputs were changed while it was timed")

    def _drawn_write(
        self, turn: int, rows_of: Sequence[Tensor], chance: random.Random
    ) -> tuple[int, int, Callable[[Tensor], object], Tensor]:
        """Draw the place of a row: which tensor it is of, where, how it is written over, and with what of each."""
        which = turn % len(self._tensors)
        rows = self._rows[which]
        place = 0 if self._tensors[which] is self._fixed else chance.randrange(len(rows))
        return which, place, rows[place].copy_, rows_of[which]
