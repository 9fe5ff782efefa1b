"""How the process of an attention answers its judge: steps are built and called, tensors read and written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from assay.execute.worker import step_requests as asked
from assay.execute.worker.serve import Handlers
from assay.measure.bench import Bench
from assay.records.stored_tensor import StoredTensor

if TYPE_CHECKING:
    from torch import Tensor

    from assay.attention.inputs import Inputs
    from assay.attention.tensor_file import TensorFile
    from assay.plugins.types import Weights

MOST_IDS = 1 << 18


class StepHandlers:
    """Handles what a judge asks of the attention that is loaded."""

    def __init__(self, bench: Callable[[], Bench]) -> None:
        """With the bench, which is made later."""
        self._bench = bench
        self._file: str | None = None
        self._files: tuple[TensorFile, TensorFile] | None = None

    def open(self, file: str) -> None:
        """Take the files whose names begin so; they are opened when they are needed."""
        if file != self._file:
            self._file, self._files = file, None

    @property
    def handlers(self) -> Handlers:
        """What answers each request."""
        return {
            asked.Describe: self._describe,
            asked.Offers: lambda request: self._bench().attention.plugin.unsupported(request.workload) is None,
            asked.BuildStep: self._build,
            asked.CallStep: self._call,
            asked.TakeInputs: self._take_inputs,
            asked.FetchAnswer: lambda request: self._from_step.write(self._bench().answer()),
        }

    @property
    def _to_step(self) -> TensorFile:
        return self._opened()[0]

    @property
    def _from_step(self) -> TensorFile:
        return self._opened()[1]

    def _opened(self) -> tuple[TensorFile, TensorFile]:
        from assay.attention.tensor_file import TensorFile
        from assay.execute.worker.remote_step import FROM_STEP, TO_STEP

        if self._files is None:
            assert self._file is not None, "a case is loaded first"
            self._files = TensorFile(Path(self._file + TO_STEP)), TensorFile(Path(self._file + FROM_STEP))
        return self._files

    def _describe(self, request: asked.Describe) -> asked.Described:
        subject = self._bench().attention
        plugin = subject.plugin
        text = None if request.known or subject.text is None else subject.text()
        most = max(MOST_IDS, 2 * subject.workload.tokens)
        return asked.Described(
            name=plugin.name,
            compiles=plugin.compiles,
            empty_rows=plugin.empty_rows,
            approximate=bool(plugin.approximate),
            ids=() if text is None else tuple(text.ids[:most]),
            vocab_size=0 if text is None else text.vocab_size,
        )

    def _build(self, request: asked.BuildStep) -> int:
        subject = self._bench().attention
        for number in request.dropped:
            subject.drop(number)
        return subject.build(request.workload, self._weights(request.weights, request.workload.device))

    def _call(self, request: asked.CallStep) -> tuple[StoredTensor, ...]:
        inputs, upstream = self._inputs(request.inputs)
        found = self._bench().attention.call(
            request.step,
            inputs,
            upstream,
            layout=request.layout[0] if len(request.layout) == 1 else request.layout,
            same_memory=request.same_memory,
            prefill=request.prefill,
        )
        return self._from_step.write(found)

    def _take_inputs(self, request: asked.TakeInputs) -> None:
        inputs, upstream = self._inputs(request.inputs)
        self._bench().attention.take_inputs(request.step, inputs, upstream, request.seed)

    def _inputs(self, stored: asked.StoredInputs) -> tuple[Inputs, Tensor | None]:
        """Read the inputs of a call; a tensor that comes twice is one."""
        from assay.attention.inputs import Inputs

        rest = [place for place in (stored.past, stored.upstream) if place is not None]
        places, device = [*stored.tensors, *rest], self._bench().attention.workload.device
        moved = {place: tensor.to(device) for place, tensor in zip(places, self._to_step.read(places), strict=True)}
        tensors = [moved[place] for place in places]
        given, others = tuple(tensors[: len(stored.tensors)]), tensors[len(stored.tensors) :]
        past = None if stored.past is None else others.pop(0)
        return Inputs(tensors=given, past=past), None if stored.upstream is None else others.pop()

    def _weights(self, places: tuple[StoredTensor, ...], device: str) -> Weights | None:
        from assay.plugins.types import Weights

        if not places:
            return None
        wq, wk, wv, *wo = (tensor.to(device, copy=True) for tensor in self._to_step.read(places))
        return Weights(wq=wq, wk=wk, wv=wv, wo=wo[0] if wo else None)
