"""torch.compile, so that what is timed is the compiled code and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import torch

import assay
from assay_attention.naive import build


def compile_step(step: Callable[..., torch.Tensor]) -> assay.Step:
    """Compile a step for exactly the shapes it will be called with; the first call translates.

    A graph that breaks is an error rather than a slow step. Earlier steps are forgotten: after eight shapes of one
    function torch would not compile it any more. One thread compiles, since a pool of processes would stay.
    """
    torch.compiler.reset()
    return torch.compile(step, fullgraph=True, dynamic=False, options={"compile_threads": 1})


def naive(workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return attention as it is written down, compiled when it is first called: PyTorch finds out what to fuse."""
    return compile_step(build(workload, weights))
