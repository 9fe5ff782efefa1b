"""torch.compile, so that what is timed is the compiled code and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import torch

import assay


def compile_step(step: Callable[..., torch.Tensor]) -> assay.Step:
    """Compile a step for exactly the shapes it will be called with; the first call translates.

    A graph that breaks is an error rather than a slow step. Earlier steps are forgotten: after eight shapes of one
    function torch would not compile it any more. One thread compiles, since a pool of processes would stay.
    """
    torch.compiler.reset()
    return torch.compile(step, fullgraph=True, dynamic=False, options={"compile_threads": 1})
