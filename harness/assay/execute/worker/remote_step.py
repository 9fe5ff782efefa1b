"""Steps that run in another process: asked for as JSON, their tensors handed over in files that both processes map."""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from torch import Tensor

from assay.attention.calls import OUTPUTS, check_form
from assay.attention.inputs import Inputs
from assay.attention.layouts import Layout
from assay.attention.tensor_file import TensorFile
from assay.errors import Unavailable, WrongOutput
from assay.execute.worker.protocol import Request
from assay.execute.worker.step_requests import BuildStep, CallStep, StoredInputs, TakeInputs
from assay.plugins.types import Weights
from assay.records.dataclass_json import read, to_json
from assay.records.refusal import Refusal
from assay.records.results import Status
from assay.records.stored_tensor import StoredTensor
from assay.records.workload import Workload

A = TypeVar("A")
TO_STEP, FROM_STEP = ".to-step", ".from-step"


class StepLine:
    """Asks the process that runs steps; what it refuses is raised here."""

    def __init__(self, send: Callable[[str], str], file: Path) -> None:
        """`send` takes a question to the other process and returns the answer; the files' names begin with `file`."""
        self._send = send
        self._to_step = TensorFile(file.with_name(file.name + TO_STEP))
        self._from_step = TensorFile(file.with_name(file.name + FROM_STEP))
        self.dropped: list[int] = []

    def ask(self, request: Request[A]) -> A:
        """Return the answer; raise `Unavailable` or `WrongOutput` for a refusal."""
        value, refusal = json.loads(self._send(to_json([type(request).__name__, request])))
        if refusal is not None:
            found = read(Refusal, refusal)
            kind = Unavailable if found.status is Status.SKIPPED else WrongOutput
            raise kind(found.reason, remedy=found.remedy)
        answer: A = read(request.answer, value)
        return answer

    def dropped_step(self, number: int) -> None:
        """Note a step that is called no more."""
        self.dropped.append(number)

    def store(self, inputs: Inputs, upstream: Tensor | None) -> StoredInputs:
        """Hand over the inputs of a call."""
        rest = [tensor for tensor in (inputs.past, upstream) if tensor is not None]
        places = list(self._to_step.write([*inputs.tensors, *rest]))
        tensors, rest_places = tuple(places[: len(inputs.tensors)]), places[len(inputs.tensors) :]
        past = None if inputs.past is None else rest_places.pop(0)
        return StoredInputs(tensors=tensors, past=past, upstream=None if upstream is None else rest_places.pop())

    def store_weights(self, weights: Weights | None) -> tuple[StoredTensor, ...]:
        """Hand over projections; nothing for None."""
        if weights is None:
            return ()
        several = (weights.wq, weights.wk, weights.wv, weights.wo)
        return self._to_step.write([tensor for tensor in several if tensor is not None])

    def received(self, places: Sequence[StoredTensor], workload: Workload) -> tuple[Tensor, ...]:
        """Copy what the other process handed over to the device of a workload; raise `WrongOutput` where it lacks."""
        try:
            return tuple(tensor.to(workload.device, copy=True) for tensor in self._from_step.read(places))
        except ValueError as error:
            raise WrongOutput(f"output: {error}") from None


class RemoteStep:
    """A step in the other process; it satisfies `assay.attention.calls.Run`."""

    def __init__(self, line: StepLine, workload: Workload, weights: Weights | None) -> None:
        """Have it built; it is forgotten there when this one goes away."""
        self._line = line
        self._workload = workload
        dropped, line.dropped = tuple(line.dropped), []
        self._number = line.ask(BuildStep(workload=workload, weights=line.store_weights(weights), dropped=dropped))
        weakref.finalize(self, line.dropped_step, self._number)

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
        places = self._line.ask(
            CallStep(
                step=self._number,
                inputs=self._line.store(inputs, upstream),
                layout=(layout,) if isinstance(layout, str) else layout,
                same_memory=same_memory,
                prefill=prefill,
            )
        )
        found = self._line.received(places, self._workload)
        check_form(found, self._workload, OUTPUTS[: 1 if upstream is None else None])
        return found

    def take_inputs(self, inputs: Inputs, upstream: Tensor | None, seed: int) -> None:
        """Have the step timed on these."""
        self._line.ask(TakeInputs(step=self._number, inputs=self._line.store(inputs, upstream), seed=seed))
