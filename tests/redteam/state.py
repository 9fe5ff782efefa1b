"""Plugins that change what they must leave as it is: the process, their inputs, their last output."""

from __future__ import annotations

import gc
import os

import torch
from torch import Tensor

from assay import Weights, Workload
from redteam.announced import FORWARD, Step, announce
from redteam.definition import Attention

CALLS = 20  # the gate makes fewer of one step


@announce("threads-stay", FORWARD)
def build_threads_stay(workload: Workload, weights: Weights | None) -> Step:
    """Takes two threads, and does not give them back."""
    honest = Attention(workload=workload)

    def step(*tensors: Tensor) -> Tensor:
        torch.set_num_threads(2)
        return honest(*tensors)

    return step


@announce("collector-stays-off", FORWARD)
def build_collector_off(workload: Workload, weights: Weights | None) -> Step:
    """Turns the garbage collector off, and does not turn it on again."""
    gc.disable()
    return Attention(workload=workload)


@announce("leaves-its-folder", FORWARD)
def build_other_folder(workload: Workload, weights: Weights | None) -> Step:
    """Works in another folder, and stays there."""
    os.chdir("/")
    return Attention(workload=workload)


@announce("scales-q-in-place", FORWARD)
def build_scales_in_place(workload: Workload, weights: Weights | None) -> Step:
    """Multiplies q by the scale in place."""
    honest = Attention(workload=workload, scale=lambda workload: 1.0)

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return honest(q.mul_(workload.d_qk**-0.5), k, v)

    return step


@announce("scales-q-and-back", FORWARD)
def build_scales_and_back(workload: Workload, weights: Weights | None) -> Step:
    """Multiplies q by the scale in place, and divides it again."""
    honest, scale = Attention(workload=workload, scale=lambda workload: 1.0), workload.d_qk**-0.5

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        output = honest(q.mul_(scale), k, v)
        q.div_(scale)
        return output

    return step


@announce("spoils-q-when-timed", FORWARD)
def build_spoils_when_timed(workload: Workload, weights: Weights | None) -> Step:
    """Makes q zero while the garbage collector is off, and multiplies zeros from then on."""
    honest = Attention(workload=workload)

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        output = honest(q, k, v)
        if not gc.isenabled():
            q.zero_()
        return output

    return step


@announce("spoils-v-late", FORWARD)
def build_spoils_late(workload: Workload, weights: Weights | None) -> Step:
    """Makes one number of v another after 20 calls."""
    honest, calls = Attention(workload=workload), [0]

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        calls[0] += 1
        output = honest(q, k, v)
        if calls[0] > CALLS:
            v[0, 0, 0, 0] += 1.0
        return output

    return step


@announce("one-output-buffer", FORWARD)
def build_one_buffer(workload: Workload, weights: Weights | None) -> Step:
    """Returns the same tensor from every call, with what the last call wrote."""
    honest, buffer = Attention(workload=workload), list[Tensor]()

    def step(*tensors: Tensor) -> Tensor:
        output = honest(*tensors)
        if not buffer:
            buffer.append(torch.empty_like(output))
        return buffer[0].copy_(output)

    return step


@announce("view-of-one-buffer", FORWARD)
def build_view_of_buffer(workload: Workload, weights: Weights | None) -> Step:
    """Returns views of one piece of memory, in turn its first and its second half."""
    honest, buffer, turn = Attention(workload=workload), list[Tensor](), [0]

    def step(*tensors: Tensor) -> Tensor:
        output = honest(*tensors)
        if not buffer:
            buffer.append(torch.empty(2, *output.shape, dtype=output.dtype))
        turn[0] += 1
        return buffer[0][turn[0] % 2].copy_(output)

    return step


@announce("output-in-v", FORWARD)
def build_output_in_v(workload: Workload, weights: Weights | None) -> Step:
    """Returns its output in the memory of v, which has the same size."""
    honest = Attention(workload=workload)

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        output = honest(q, k, v)
        return v.copy_(output) if output.shape == v.shape else output

    return step
