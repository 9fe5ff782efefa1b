"""What host and worker say to each other, through a real pipe."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.execute.judge_exchange import QUESTIONS
from assay.execute.worker import requests, step_requests
from assay.execute.worker.judge import Judge
from assay.execute.worker.main import BenchServer
from assay.execute.worker.protocol import (
    Answer,
    Request,
    receive_answer,
    receive_request,
    send_answer,
    send_request,
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
WHOLE = st.integers(-(2**63), 2**63)
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
reuse = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def line() -> Iterator[tuple[Connection, Connection]]:
    host, worker = Pipe()
    yield host, worker
    host.close()
    worker.close()


Line = tuple[Connection, Connection]


class TestRoundTrip:
    @reuse
    @given(request=REQUESTS)
    def test_request(self, line: Line, request: Request[Any]) -> None:
        host, worker = line
        send_request(host, request)
        assert receive_request(worker, KNOWN) == request

    @reuse
    @given(
        value=st.none() | st.builds(Sample, iterations=WHOLE, wall_ns=WHOLE, cpu_ns=WHOLE), refusal=st.none() | REFUSALS
    )
    def test_answer(self, line: Line, value: Sample | None, refusal: Refusal | None) -> None:
        host, worker = line
        answer = Answer(value, refusal)
        send_answer(worker, answer)
        received = receive_answer(host, SAMPLE)
        assert received == answer
        assert received.refusal is None or type(received.refusal.status) is Status

    def test_figures_keep_their_types(self, line: Line) -> None:
        host, worker = line
        values = {"whole": 1, "part": 1.0, "flag": True, "text": "1", "big": 2**62, "end": float("inf")}
        send_answer(worker, Answer(Checked(metrics=Metrics(values))))
        received = receive_answer(host, Verify()).value
        assert received is not None
        assert received.metrics == values
        assert [type(value) for value in received.metrics.values()] == [type(value) for value in values.values()]


class TestLine:
    def test_messages_come_in_order_both_ways(self, line: Line) -> None:
        host, worker = line
        for number in range(20):
            send_request(host, TakeSample(operation="encode", iterations=number))
            send_answer(worker, Answer(Sample(iterations=1, wall_ns=-number, cpu_ns=0)))
        received = [receive_request(worker, KNOWN) for _ in range(20)]
        assert received == [TakeSample(operation="encode", iterations=number) for number in range(20)]
        answers = [receive_answer(host, SAMPLE).value for _ in range(20)]
        assert answers == [Sample(iterations=1, wall_ns=-number, cpu_ns=0) for number in range(20)]

    def test_a_message_larger_than_the_pipe(self, line: Line) -> None:
        host, worker = line
        refusal = Refusal(reason="字" * 1_000_000)
        sender = threading.Thread(target=send_answer, args=(worker, Answer(refusal=refusal)))
        sender.start()
        assert receive_answer(host, SAMPLE).refusal == refusal
        sender.join()

    def test_an_answer_that_was_sent_is_read_after_the_worker_has_gone(self, line: Line) -> None:
        host, worker = line
        request, calibrated = Calibrate(operation="encode", target_ns=1), Calibrated(iterations=3, children_s=0.5)
        send_answer(worker, Answer(calibrated))
        worker.close()
        assert receive_answer(host, request).value == calibrated
        with pytest.raises(EOFError):
            receive_answer(host, request)

    def test_a_host_that_has_gone(self, line: Line) -> None:
        host, worker = line
        host.close()
        with pytest.raises(EOFError):
            receive_request(worker, KNOWN)
        with pytest.raises(OSError, match="Broken pipe"):
            send_answer(worker, Answer())

    @pytest.mark.parametrize(
        "noise",
        [
            b"",
            b"Segmentation fault\n",
            b"\xff\xfe",
            b'{"content"',
            b"3",
            b"[null]",
            b'{"value": null, "refusal": null}',
            b'[{"wall_ns": 1}, null]',
            b'[{"wall_ns": 1, "cpu_ns": 1, "more": 1}, null]',
            b"[7, null]",
            b'[null, {"reason": "no more"}]',
            b'[null, {"status": "odd", "reason": "", "remedy": null, "expected": false, "exit_code": 2}]',
        ],
    )
    def test_what_is_not_an_answer_is_refused(self, line: Line, noise: bytes) -> None:
        """As a `ValueError`, which the host takes for the end of a worker."""
        host, worker = line
        worker.send_bytes(noise)
        with pytest.raises(ValueError):  # noqa: PT011 - json and unicode have their own words
            receive_answer(host, SAMPLE)

    @pytest.mark.parametrize(
        "noise",
        [
            b'["Calibrate", {"operation": "encode"}]',
            b'["Calibrate", {"operation": "encode", "target_ns": 1, "more": 1}]',
            b'["Dance", {}]',
            b'["Answer", {}]',
        ],
    )
    def test_a_request_with_an_unknown_name_or_other_fields_is_an_error(self, line: Line, noise: bytes) -> None:
        host, worker = line
        host.send_bytes(noise)
        with pytest.raises((ValueError, KeyError)):
            receive_request(worker, KNOWN)


def test_every_request_says_what_is_done_and_has_an_answer() -> None:
    assert (len(OF_WORKERS), len(OF_STEPS)) == (21, 10)
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
