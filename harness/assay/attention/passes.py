"""One call of a step in a phase: forward, and the gradients of its inputs where those are asked for."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from assay.attention.inputs import Inputs
from assay.errors import WrongOutput
from assay.plugins.types import Prefill, Step
from assay.records.workload import Workload


def mode(workload: Workload) -> AbstractContextManager[object]:
    """Return the context in which a step is built and called: without gradients unless they are asked for."""
    return torch.inference_mode() if workload.phase == "fwd" else nullcontext()


def fill(step: Step, inputs: Inputs) -> None:
    """Pass what came before to a step of level `decode`."""
    if inputs.past is not None:
        if not isinstance(step, Prefill):
            raise WrongOutput("prefill: a step of level decode needs a method prefill(past)")
        step.prefill(inputs.past)


def run_pass(step: Step, inputs: Inputs, upstream: Tensor | None) -> tuple[Tensor, ...]:
    """Return the output and, where there is an upstream gradient, the gradients of q, k and v."""
    if upstream is None:
        return (step(*inputs.tensors),)
    leaves, output = record(step, inputs)
    return (output, *torch.autograd.grad(output, leaves, upstream))


def record(step: Step, inputs: Inputs) -> tuple[tuple[Tensor, ...], Tensor]:
    """Call a step so that gradients can be asked for; return the q, k and v that they belong to, and the output."""
    leaves = tuple(tensor.detach().requires_grad_() for tensor in inputs.tensors[:3])
    return leaves, step(*leaves, *inputs.tensors[3:])
