"""Steps in another process: they are given what the judge gives, and nothing of what comes back is believed."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from assay.attention.calls import Run, checked
from assay.attention.inputs import Inputs, make_inputs, make_upstream, make_weights
from assay.attention.layouts import LAYOUTS, Layout, lay_out
from assay.attention.reference import attend
from assay.errors import AssayError, Unavailable, WrongOutput
from assay.execute.judge_exchange import QUESTIONS
from assay.execute.worker.remote_step import RemoteStep, StepLine
from assay.execute.worker.step_handlers import StepHandlers
from assay.execute.worker.step_requests import CallStep, Describe, Described, Offers
from assay.measure.attention_subject import AttentionSubject
from assay.measure.bench import Bench
from assay.plugins.types import AttentionPlugin, Weights
from assay.records.dataclass_json import read, to_json
from assay.records.refusal import Refusal
from assay.records.results import AttentionCase
from assay.records.stored_tensor import StoredTensor
from assay.records.workload import Workload

CAUSAL = Workload.parse("core/fwd/causal/b1.h2.s6.d4/f32/cpu.t1")
IDS = (
    "core/fwd/causal/b2.h4:2.s5:8.d4:3/bf16/cpu.t1",
    "core/fwd_bwd/window3/b2.h2.s6.d4/f32/cpu.t1",
    "core/bwd/padding/b3.h2.s6.d4/f16/cpu.t1",
    "core/fwd/padding/b3.h2.s6.d4/f32/cpu.t1",
    "core/fwd/weightless/b1.h1.s6.d5/f32/cpu.t1",
    "core/fwd/linear+causal/b1.h2.s6.d4/f32/cpu.t1",
    "qkv/fwd/full/b2.h4:2.s6.d4:3.m8/bf16/cpu.t1",
    "module/fwd/padding/b2.h2.s6.d4.m8/f32/cpu.t1",
    "decode/fwd/causal/b2.h2.s2:9.d4.m8/f16/cpu.t1",
)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Right:
    """The definition itself, which remembers what it was given."""

    given: list[tuple[Tensor, ...]]

    def __init__(self, workload: Workload, weights: Weights | None) -> None:
        self.workload, self.weights = workload, weights
        self.past: Tensor | None = None
        self.given = []

    def prefill(self, past: Tensor) -> None:
        self.past = past

    def __call__(self, *inputs: Tensor) -> Tensor:
        self.given.append(inputs)
        return attend(self.workload, Inputs(tensors=inputs, past=self.past), self.weights)


class Other:
    """The other process, and the line to it."""

    def __init__(self, folder: Path, workload: Workload, build: Callable[..., Any] = Right) -> None:
        plugin = AttentionPlugin(
            name="a",
            summary="",
            build=build,
            unsupported=lambda one: None if one.batch < 9 else "too many",
            approximate="all of it",
            empty_rows="nan",
        )
        self.subject = AttentionSubject(plugin, AttentionCase(attention="a", workload=workload), None, again=True)
        self.handlers = StepHandlers(lambda: cast("Bench", SimpleNamespace(attention=self.subject)))
        self.handlers.open(str(folder / "key"))
        self.line = StepLine(self.send, folder / "key")
        self.change: Callable[[Any], Any] = lambda value: value

    def send(self, question: str) -> str:
        name, content = json.loads(question)
        request = read(QUESTIONS[name], content)
        try:
            value = self.handlers.handlers[type(request)](request)
        except AssayError as error:
            return to_json([None, Refusal.of(error)])
        return to_json([self.change(value) if isinstance(request, CallStep) else value, None])

    def built(self, number: int = 1) -> Right:
        step = self.subject._steps[number].step
        assert isinstance(step, Right)
        return step


def asked(workload: Workload) -> tuple[Inputs, Tensor | None]:
    inputs = make_inputs(workload, None, 0, 3)
    return inputs, None if workload.phase == "fwd" else make_upstream(workload, 0, 3, inputs.lengths)


@pytest.mark.parametrize("text", IDS)
def test_it_gives_what_a_step_of_this_process_gives(tmp_path: Path, text: str) -> None:
    workload = Workload.parse(text)
    other, weights = Other(tmp_path, workload), make_weights(workload)
    near: Run = checked(Right)(workload, weights)
    far: Run = RemoteStep(other.line, workload, weights)
    inputs, upstream = asked(workload)
    for _ in range(2):
        found, wanted = far(inputs, upstream), near(inputs, upstream)
        assert len(found) == len(wanted)
        assert all(map(torch.equal, found, wanted))
    step = other.built()
    assert [tensor.dtype for tensor in step.given[0]] == [tensor.dtype for tensor in inputs.tensors]
    assert all(map(torch.equal, step.given[0], inputs.tensors))
    if workload.semantics.kind == "weightless":  # as where it is given one x three times
        q, k, v = step.given[0]
        assert q is k is v
    if weights is not None:
        assert step.weights is not None
        assert torch.equal(step.weights.wq, weights.wq)
        assert (step.weights.wo is None) == (weights.wo is None)


def test_what_it_gives_outlives_the_next_call(tmp_path: Path) -> None:
    far = RemoteStep(Other(tmp_path, CAUSAL).line, CAUSAL, None)
    first = far(make_inputs(CAUSAL, None, 0))[0]
    kept = first.clone()
    far(make_inputs(CAUSAL, None, 1))
    assert torch.equal(first, kept)


@pytest.mark.parametrize("layout", [*LAYOUTS, "packed", ("transposed", "sliced", "late")], ids=str)
def test_inputs_are_laid_out_there_as_here(tmp_path: Path, layout: Layout) -> None:
    other, inputs = Other(tmp_path, CAUSAL), make_inputs(CAUSAL, None, 0)
    RemoteStep(other.line, CAUSAL, None)(inputs, layout=layout)
    wanted = lay_out(inputs.tensors, layout)
    assert [tensor.stride() for tensor in other.built().given[0]] == [tensor.stride() for tensor in wanted]


def test_the_same_memory_and_a_past_that_stays(tmp_path: Path) -> None:
    workload = Workload.parse(IDS[-1])
    other, weights = Other(tmp_path, workload), make_weights(workload)
    far, inputs = RemoteStep(other.line, workload, weights), make_inputs(workload, None, 0)
    far(inputs)
    past = other.built().past
    far(inputs, prefill=False)
    assert other.built().past is past
    far(make_inputs(workload, None, 1), same_memory=True)
    first, _, third = other.built().given
    assert first[0].data_ptr() != third[0].data_ptr()
    assert other.built().given[1][0].data_ptr() == third[0].data_ptr()


def test_what_is_timed_is_what_was_handed_over(tmp_path: Path) -> None:
    workload = Workload.parse(IDS[1])
    other = Other(tmp_path, workload)
    far, (inputs, upstream) = RemoteStep(other.line, workload, None), asked(workload)
    far.take_inputs(inputs, upstream, 5)
    assert other.subject.step is other.built()
    assert all(map(torch.equal, other.subject._given.tensors, inputs.tensors))
    assert other.subject._upstream is not None
    assert upstream is not None
    assert torch.equal(other.subject._upstream, upstream)


def test_one_that_goes_away_here_goes_away_there(tmp_path: Path) -> None:
    other = Other(tmp_path, CAUSAL)
    first, second = (RemoteStep(other.line, CAUSAL, None) for _ in range(2))
    del first
    gc.collect()
    RemoteStep(other.line, CAUSAL, None)
    assert list(other.subject._steps) == [2, 3]
    assert second(make_inputs(CAUSAL, None, 0))


def test_what_it_announces_is_asked_for(tmp_path: Path) -> None:
    line = Other(tmp_path, CAUSAL).line
    described = line.ask(Describe(known=True))
    assert described == Described(name="a", compiles=False, empty_rows="nan", approximate=True, ids=(), vocab_size=0)
    assert line.ask(Offers(workload=CAUSAL))
    assert not line.ask(Offers(workload=replace(CAUSAL, batch=9)))


@pytest.mark.parametrize("error", [Unavailable("no kernel", remedy="get one"), WrongOutput("mine: is wrong")])
def test_a_refusal_there_is_raised_here(tmp_path: Path, error: AssayError) -> None:
    def build(workload: Workload, weights: Weights | None) -> Any:
        raise error

    with pytest.raises(type(error)) as raised:
        RemoteStep(Other(tmp_path, CAUSAL, build).line, CAUSAL, None)
    assert (raised.value.message, raised.value.remedy) == (error.message, error.remedy)


Places = Sequence[StoredTensor]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda places: (), "there are 0 tensors, not 1"),
        (lambda places: (*places, *places), "there are 2 tensors, not 1"),
        (lambda places: (replace(places[0], dtype="float16"),), "the output has shape .* in torch.float16, not"),
        (
            lambda places: (replace(places[0], shape=(2, 6, 4)),),
            r"the output has shape \[2, 6, 4\] in torch.float32, not",
        ),
        (lambda places: (replace(places[0], shape=(1, 1, 6, 4)),), r"the output has shape \[1, 1, 6, 4\] "),
        (lambda places: (replace(places[0], offset=1 << 40),), "the file holds less than "),
        (lambda places: (replace(places[0], shape=(1, 2, 6, 1 << 40)),), "the file holds less than "),
        (lambda places: (replace(places[0], dtype="nonsense"),), "is not a tensor"),
    ],
)
def test_an_answer_in_another_form_is_refused_whatever_that_process_says(
    tmp_path: Path, change: Callable[[Places], Places], words: str
) -> None:
    other = Other(tmp_path, CAUSAL)
    far = RemoteStep(other.line, CAUSAL, None)
    other.change = change
    with pytest.raises(WrongOutput, match=f"^output: .*{words}"):
        far(make_inputs(CAUSAL, None, 0))
