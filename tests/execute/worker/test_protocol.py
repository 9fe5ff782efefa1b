"""What host and worker say to each other, and what the host refuses to hear."""

from __future__ import annotations

import json
import re
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.execute.judge_exchange import QUESTIONS
from assay.execute.worker import protocol, requests, step_requests
from assay.execute.worker.judge import Judge
from assay.execute.worker.main import BenchServer
from assay.execute.worker.protocol import (
    HEADER,
    Answer,
    BrokenAnswer,
    Request,
    pack_answer,
    pack_request,
    read_answer,
    read_request,
)
from assay.execute.worker.requests import Calibrate, Calibrated, Checked, Load, TakeSample, Verify
from assay.records.refusal import Refusal
from assay.records.results import AttentionCase, Metrics, Sample, Status, TokenizerCase
from assay.records.stored_tensor import StoredTensor
from assay.records.workload import Workload


def requests_of(module: ModuleType) -> dict[str, type[Request[Any]]]:
    return {
        name: kind
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Request) and kind is not Request
    }


OF_WORKERS, OF_STEPS = requests_of(requests), requests_of(step_requests)
KNOWN = OF_WORKERS | OF_STEPS
TEXT = st.text(st.characters())  # half characters too: a plugin may raise anything
WHOLE = st.integers(-(2**63), 2**63 - 1)
SELECTION = st.builds(
    requests.PluginSelection,
    plugins=st.lists(TEXT, max_size=2).map(tuple),
    block=st.just(("a",)),
    load=st.none() | TEXT,
)
CASES = st.builds(TokenizerCase, tokenizer=TEXT, corpus=TEXT) | st.builds(
    AttentionCase,
    attention=TEXT,
    workload=st.just(Workload.self_attention("core", batch=1, length=2, d_model=4)),
)
SIZE = st.integers(0, 2**40)
WORKLOADS = st.sampled_from(
    [
        Workload.parse("core/fwd/window33+alibi+dropout0.1/b2.h4:2.s20:200.d7:5/f16/cuda:1.t3"),
        Workload.parse("decode/fwd/causal/b1.h2.s1:9.d8.m16/f32/cpu.t1"),
    ]
)
PLACES = st.builds(
    StoredTensor,
    offset=SIZE,
    shape=st.lists(SIZE, max_size=4).map(tuple),
    dtype=st.sampled_from(["float32", "bfloat16", "int64"]),
)
SEVERAL = st.lists(PLACES, max_size=4).map(tuple)
INPUTS = st.builds(step_requests.StoredInputs, tensors=SEVERAL, past=st.none() | PLACES, upstream=st.none() | PLACES)
REQUESTS = st.one_of(
    st.builds(step_requests.Describe, known=st.booleans()),
    st.builds(step_requests.Offers, workload=WORKLOADS),
    st.builds(
        step_requests.BuildStep, workload=WORKLOADS, weights=SEVERAL, dropped=st.lists(SIZE, max_size=3).map(tuple)
    ),
    st.builds(
        step_requests.CallStep,
        step=SIZE,
        inputs=INPUTS,
        layout=st.lists(TEXT, min_size=1, max_size=4).map(tuple),
        same_memory=st.booleans(),
        prefill=st.booleans(),
    ),
    st.builds(step_requests.TakeInputs, step=SIZE, inputs=INPUTS, seed=SIZE),
    st.builds(step_requests.JudgeAnswer, tensors=SEVERAL, seed=SIZE, iterations=SIZE, call=SIZE),
    st.builds(
        step_requests.JudgeStep,
        workload=WORKLOADS,
        seed=SIZE,
        epoch=SIZE,
        again=st.booleans(),
        folder=TEXT,
        key=TEXT,
        threads=SIZE,
    ),
    st.builds(step_requests.GoOn, reply=TEXT),
    st.builds(Calibrate, operation=TEXT, target_ns=WHOLE),
    st.builds(TakeSample, operation=TEXT, iterations=WHOLE),
    st.builds(
        Load,
        setup=st.builds(requests.Setup, plugins=SELECTION, core=st.none() | WHOLE, grid=st.booleans()),
        case=st.none() | CASES,
        documents=st.none() | WHOLE,
        again=st.booleans(),
    ),
)
REFUSALS = st.builds(
    Refusal,
    status=st.sampled_from(Status),
    reason=TEXT,
    remedy=st.none() | TEXT,
    expected=st.booleans(),
    exit_code=WHOLE,
)
SAMPLE = TakeSample(operation="encode", iterations=1)
NUMBERS = st.integers(1, 2**63)


class TestRoundTrip:
    @given(request=REQUESTS, number=NUMBERS)
    def test_request(self, request: Request[Any], number: int) -> None:
        message = pack_request(number, request)
        assert HEADER.unpack_from(message) == (number, len(message) - HEADER.size)
        assert read_request(message[HEADER.size :], KNOWN) == request

    @given(value=st.builds(Sample, iterations=st.just(1), wall_ns=SIZE, cpu_ns=SIZE), refusal=st.none() | REFUSALS)
    def test_answer(self, value: Sample | None, refusal: Refusal | None) -> None:
        answer = Answer(value, refusal)
        received = read_answer(pack_answer(1, answer)[HEADER.size :], SAMPLE)
        assert received == answer
        assert received.refusal is None or type(received.refusal.status) is Status

    @given(refusal=REFUSALS)
    def test_refusal(self, refusal: Refusal) -> None:
        answer: Answer[Sample] = Answer(refusal=refusal)
        assert read_answer(pack_answer(1, answer)[HEADER.size :], SAMPLE) == answer

    def test_figures_keep_their_types(self) -> None:
        values = {"whole": 1, "part": 1.0, "flag": True, "text": "1", "big": 2**62, "end": float("inf")}
        message = pack_answer(1, Answer(Checked(metrics=Metrics(values))))
        received = read_answer(message[HEADER.size :], Verify()).value
        assert received is not None
        assert received.metrics == values
        assert [type(value) for value in received.metrics.values()] == [type(value) for value in values.values()]


@pytest.mark.parametrize(
    ("noise", "reason"),
    [
        (b"", "not valid JSON"),
        (b"Segmentation fault\n", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b'{"content"', "not valid JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'[[null, null], {"a": ' * 100_000, "nested too deeply"),
        (b"3", "not a value and a refusal"),
        (b"[null]", "not a value and a refusal"),
        (b'{"value": null, "refusal": null}', "not a value and a refusal"),
        (b"[null, null]", "None is not of the type Sample"),
        (b'[{"wall_ns": 1}, null]', "its fields are"),
        (b'[{"iterations": 1, "wall_ns": 1, "cpu_ns": 1, "epoch": 0, "more": 1}, null]', "its fields are"),
        (b'[{"iterations": 1, "wall_ns": "1", "cpu_ns": 1, "epoch": 0}, null]', "wall_ns: '1' is not of the type int"),
        (b'[{"iterations": 1, "wall_ns": NaN, "cpu_ns": 1, "epoch": 0}, null]', "wall_ns: nan"),
        (b'[{"iterations": 1, "wall_ns": 1e400, "cpu_ns": 1, "epoch": 0}, null]', "wall_ns: inf"),
        (b'[{"iterations": 1, "wall_ns": 9223372036854775808, "cpu_ns": 1, "epoch": 0}, null]', "wall_ns: 92233"),
        (b'[{"iterations": 1, "wall_ns": ' + b"9" * 5_000 + b', "cpu_ns": 1, "epoch": 0}, null]', "valid JSON"),
        (b'[{"iterations": 1, "wall_ns": -1, "cpu_ns": 1, "epoch": 0}, null]', "for 1 iterations"),
        (b'[{"iterations": 2, "wall_ns": 1, "cpu_ns": 1, "epoch": 0}, null]', "for 1 iterations"),
        (b"[7, null]", "7 is not a valid Sample"),
        (b"[[1, 1, 1, 0], null]", "is not a valid Sample"),
        (b'[null, {"reason": "no more"}]', "its fields are"),
        (b'[null, {"status": "odd", "reason": "", "remedy": null, "expected": false, "exit_code": 2}]', "'odd'"),
        (b'[null, {"status": "failed", "reason": 7, "remedy": null, "expected": false, "exit_code": 2}]', "reason: 7"),
    ],
)
def test_what_is_not_an_answer_is_refused_with_what_is_wrong(noise: bytes, reason: str) -> None:
    with pytest.raises(BrokenAnswer, match=re.escape(reason)):
        read_answer(noise, SAMPLE)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (requests.EncodeTexts(texts=("a", "b")), [[1]]),
        (requests.EncodeTexts(texts=("a",)), "ab"),
        (requests.DecodeIds(documents=([1],)), ["a", "b"]),
        (requests.Calibrate(operation="encode", target_ns=1), {"iterations": 0, "children_s": 0.0}),
        (requests.Size(documents=2**41), 0.5),
        (requests.Unload(), 1),
        (requests.CallFunction(function="a:b", task=""), None),
    ],
)
def test_an_answer_that_fits_its_type_must_fit_its_request(request_: Request[Any], answer: object) -> None:
    with pytest.raises(BrokenAnswer, match="another form"):
        read_answer(json.dumps([answer, None]).encode(), request_)


def test_an_answer_that_is_too_long_becomes_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MOST_BYTES", 1 << 20)
    message = pack_answer(1, Answer("a" * (2 << 20)))
    answer = read_answer(message[HEADER.size :], requests.CallFunction(function="a:b", task=""))
    assert answer.value is None
    assert answer.refusal is not None
    assert answer.refusal.reason == "its answer has 2 MiB, and 1 is the most"


@pytest.mark.parametrize(
    "noise",
    [
        b'["Calibrate", {"operation": "encode"}]',
        b'["Calibrate", {"operation": "encode", "target_ns": 1, "more": 1}]',
        b'["Dance", {}]',
        b'["Answer", {}]',
    ],
)
def test_a_request_with_an_unknown_name_or_other_fields_is_an_error(noise: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        read_request(noise, KNOWN)


def test_every_request_says_what_is_done_and_has_an_answer() -> None:
    assert (len(OF_WORKERS), len(OF_STEPS)) == (22, 10)
    assert all(kind.doing.islower() for kind in KNOWN.values())
    assert (Calibrate.answer, TakeSample.answer, requests.Fork.answer) == (Calibrated, Sample, bool)
    assert {kind for kind in OF_STEPS.values() if kind.answer is step_requests.Turn} == set(Judge().handlers)


def test_the_bench_answers_what_a_case_and_its_steps_are_asked() -> None:
    elsewhere = {requests.CallFunction, requests.Fork, requests.Join, requests.Stop}
    assert set(BenchServer().handlers) == set(KNOWN.values()) - elsewhere - set(Judge().handlers)


def test_a_judge_asks_of_steps_only() -> None:
    """What the host fetches for a judge it asks itself."""
    assert set(QUESTIONS.values()) == set(OF_STEPS.values()) - set(Judge().handlers) - {step_requests.FetchAnswer}
    assert list(QUESTIONS) == [kind.__name__ for kind in QUESTIONS.values()]
