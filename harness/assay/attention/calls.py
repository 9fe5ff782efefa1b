"""Calls of a step beside the plugin: on copies of the inputs, and checked for everything but the values."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from assay.attention.inputs import DTYPES, Inputs
from assay.attention.layouts import Layout, lay_out
from assay.attention.passes import fill, mode, run_pass
from assay.errors import WrongOutput
from assay.plugins.types import AttentionPlugin, Step, Weights
from assay.records.workload import Workload

KEPT = 8
OUTPUTS = ("output", "gradient of q", "gradient of k", "gradient of v")


class Run(Protocol):
    """Runs a pass of one built step: all that whoever judges it needs, in this process or from another."""

    def __call__(
        self,
        inputs: Inputs,
        upstream: Tensor | None = None,
        *,
        layout: Layout = "contiguous",
        same_memory: bool = False,
        prefill: bool = True,
    ) -> tuple[Tensor, ...]:
        """Return the output and, with an upstream gradient, the gradients of q, k and v; raise `WrongOutput`.

        The inputs are laid out in memory anew, or with `same_memory` written where those of the last call are.
        Without `prefill` a step of level `decode` is called once more for what it was told before.
        """


Build = Callable[[Workload, Weights | None], Run]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What is judged: an attention by its name, how a step of it is built, and what it says of itself."""

    name: str
    build: Build
    offers: Callable[[Workload], bool]
    compiles: bool = False
    empty_rows: str = "unstated"
    approximate: bool = False

    @classmethod
    def of(cls, plugin: AttentionPlugin) -> Candidate:
        """Return a plugin of this process as a candidate."""
        return cls(
            name=plugin.name,
            build=checked(plugin.build),
            offers=lambda workload: plugin.unsupported(workload) is None,
            compiles=plugin.compiles,
            empty_rows=plugin.empty_rows,
            approximate=bool(plugin.approximate),
        )


def checked(build: Callable[[Workload, Weights | None], Step]) -> Build:
    """Return a build whose calls are checked, of the build of a plugin."""

    def build_checked(workload: Workload, weights: Weights | None) -> CheckedStep:
        with mode(workload):
            return CheckedStep(build(workload, weights), workload)

    return build_checked


class CheckedStep:
    """A built step; each call is made on copies of the inputs.

    What a call gives must be new: not in the memory of an input, nor of one of the last outputs, which are kept.
    """

    def __init__(self, step: Step, workload: Workload) -> None:
        self.step = step
        self.workload = workload
        self._copies: list[Tensor] = []
        self._kept: deque[tuple[Tensor, ...]] = deque(maxlen=KEPT)

    def __call__(
        self,
        inputs: Inputs,
        upstream: Tensor | None = None,
        *,
        layout: Layout = "contiguous",
        same_memory: bool = False,
        prefill: bool = True,
    ) -> tuple[Tensor, ...]:
        """Call the step once, see `Run`."""
        values = [*inputs.tensors, *_given(upstream), *_given(inputs.past)]
        with torch.inference_mode(False), torch.no_grad():  # only tensors made outside count their changes
            if same_memory:
                for copy, value in zip(self._copies, values, strict=True):
                    copy.copy_(value)
            else:
                self._copies = lay_out(values, layout)
        copies, versions = self._copies, [copy._version for copy in self._copies]
        number = len(inputs.tensors)
        tensors, rest = tuple(copies[:number]), copies[number:]
        ours = Inputs(tensors=tensors, past=None if inputs.past is None else rest[-1])
        shape = _shape(self.workload)
        with mode(self.workload):
            if prefill:
                fill(self.step, ours)
            _poison([shape, *([] if upstream is None else [list(tensor.shape) for tensor in tensors[:3]])], tensors[0])
            found = run_pass(self.step, ours, None if upstream is None else rest[0])
        self._check(found[0], tensors[0], shape)
        changed = any(copy._version != version for copy, version in zip(copies, versions, strict=True))
        if changed or not all(torch.equal(copy, value) for copy, value in zip(copies, values, strict=True)):
            raise WrongOutput("inputs: the inputs were changed")
        self._check_memory(found, copies)
        return tuple(tensor.detach() for tensor in found)

    def _check(self, output: object, source: Tensor, shape: list[int]) -> None:
        plain = type(output) in (Tensor, torch.nn.Parameter)  # others could compute when they are looked at
        if not isinstance(output, Tensor) or not plain:
            raise WrongOutput(f"output: it is {type(output).__name__}, not a plain tensor")
        if list(output.shape) != shape:
            raise WrongOutput(f"output: it has shape {list(output.shape)}, not {shape}")
        if output.dtype != source.dtype or output.device != source.device:
            raise WrongOutput(f"output: it is {output.dtype} on {output.device}, not {source.dtype} on {source.device}")

    def _check_memory(self, found: tuple[Tensor, ...], copies: Sequence[Tensor]) -> None:
        if any(_share(found[0], copy) for copy in copies):
            raise WrongOutput("memory: the output shares its memory with an input")
        kept = [tensor for earlier in self._kept for tensor in earlier]
        for name, tensor in zip(OUTPUTS, found, strict=False):
            passed_on = any(_share(tensor, copy) for copy in copies)  # as autograd may do with the upstream gradient
            if not passed_on and any(_share(tensor, other) for other in kept):
                raise WrongOutput(f"memory: the {name} lies in the memory of an earlier call's")
        self._kept.append(found)


def check_form(found: Sequence[Tensor], workload: Workload, names: Sequence[str]) -> None:
    """Raise `WrongOutput` unless these answers from another process have the shapes and precision of a workload."""
    shapes = (
        _shape(workload),
        [workload.batch, workload.q_heads, workload.q_len, workload.d_qk],
        [workload.batch, workload.kv_heads, workload.kv_len, workload.d_qk],
        [workload.batch, workload.kv_heads, workload.kv_len, workload.d_v],
    )
    dtype, wanted = DTYPES[workload.dtype], dict(zip(OUTPUTS, shapes, strict=True))
    if len(found) != len(names):
        raise WrongOutput(f"output: there are {len(found)} tensors, not {len(names)}")
    for name, tensor in zip(names, found, strict=True):
        if list(tensor.shape) != wanted[name] or tensor.dtype != dtype:
            raise WrongOutput(
                f"output: the {name} has shape {list(tensor.shape)} in {tensor.dtype}, not {wanted[name]} in {dtype}"
            )


def _given(tensor: Tensor | None) -> list[Tensor]:
    return [] if tensor is None else [tensor]


def _share(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors lie in one piece of memory, whoever allocated it."""
    spans = []
    for tensor in (one, other):
        storage = tensor.untyped_storage()
        spans.append((storage.data_ptr(), storage.data_ptr() + storage.nbytes()))
    (first, end), (start, last) = spans
    return one.device == other.device and first < last and start < end


def _shape(workload: Workload) -> list[int]:
    if workload.level == "core":
        return [workload.batch, workload.q_heads, workload.q_len, workload.d_v]
    width = workload.q_heads * workload.d_v if workload.level == "qkv" else workload.d_model
    return [workload.batch, workload.q_len, width]


def _poison(shapes: Sequence[list[int]], like: Tensor) -> None:
    """Leave NaN in the memory that outputs of these sizes are likely to get, so that what is not written shows."""
    kept = [torch.full(shape, torch.nan, dtype=like.dtype, device=like.device) for shape in shapes]
    del kept
